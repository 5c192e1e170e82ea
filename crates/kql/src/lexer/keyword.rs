//! The words of the language.
//!
//! Which of them may be names, and where, is the same as in the language service that Microsoft
//! publishes.

use super::token::is_word_byte;

/// Where a keyword may stand as a name without `['…']`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeywordClass {
    /// Everywhere, as any identifier: `count`, `step`, `view`.
    Name,
    /// Only where a name is declared: `extend title = …`, `datatable (by: string)`.
    Declared,
    /// Only where a name is read: `kind`.
    Path,
    /// Nowhere.
    Reserved,
}

macro_rules! keywords {
    ($($name:ident = $text:literal, $class:ident;)*) => {
        /// A word of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $text, "`")] $name,)*
            /// A word that the language keeps for itself, without a use in queries that are read
            /// here.
            OtherReserved,
            /// A word that may only be declared as a name, without a use in queries that are read
            /// here.
            OtherDeclared,
        }

        const KEYWORDS: &[(&str, Keyword)] = &[$(($text, Keyword::$name),)*];

        impl Keyword {
            /// As written; empty for [`Self::OtherReserved`] and [`Self::OtherDeclared`].
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::OtherReserved | Self::OtherDeclared => "",
                }
            }

            /// Where it may stand as a name.
            #[must_use]
            pub const fn class(self) -> KeywordClass {
                match self {
                    $(Self::$name => KeywordClass::$class,)*
                    Self::OtherReserved => KeywordClass::Reserved,
                    Self::OtherDeclared => KeywordClass::Declared,
                }
            }
        }
    };
}

keywords! {
    Access = "access", Name;
    Alias = "alias", Name;
    And = "and", Reserved;
    As = "as", Declared;
    Asc = "asc", Reserved;
    AssertSchema = "assert-schema", Reserved;
    Between = "between", Reserved;
    Bin = "bin", Name;
    Bool = "bool", Name;
    Boolean = "boolean", Reserved;
    By = "by", Declared;
    Consume = "consume", Name;
    Contains = "contains", Declared;
    ContainsCs = "contains_cs", Reserved;
    ContainsCsWord = "containscs", Reserved;
    ContextualDatatable = "__contextual_datatable", Reserved;
    Count = "count", Name;
    Cycles = "cycles", Reserved;
    DataScope = "datascope", Reserved;
    DataTable = "datatable", Declared;
    Database = "database", Name;
    Date = "date", Reserved;
    DateTime = "datetime", Reserved;
    Decimal = "decimal", Reserved;
    Declare = "declare", Name;
    Default = "default", Name;
    Desc = "desc", Reserved;
    Distinct = "distinct", Name;
    Double = "double", Reserved;
    Dynamic = "dynamic", Reserved;
    Edges = "edges", Name;
    EndsWith = "endswith", Reserved;
    EndsWithCs = "endswith_cs", Reserved;
    EntityGroup = "entity_group", Name;
    Evaluate = "evaluate", Name;
    ExecuteAndCache = "__executeAndCache", Reserved;
    Extend = "extend", Name;
    ExternalData = "externaldata", Declared;
    ExternalDataLegacy = "external_data", Reserved;
    Facet = "facet", Name;
    Filter = "filter", Name;
    Find = "find", Declared;
    FindProjectAway = "__projectAway", Reserved;
    First = "first", Reserved;
    Flags = "flags", Reserved;
    Float = "float", Reserved;
    Fork = "fork", Name;
    From = "from", Name;
    GetSchema = "getschema", Name;
    GrannyAsc = "granny-asc", Reserved;
    GrannyDesc = "granny-desc", Reserved;
    GraphMarkComponents = "graph-mark-components", Reserved;
    GraphMatch = "graph-match", Reserved;
    GraphShortestPaths = "graph-shortest-paths", Reserved;
    GraphToTable = "graph-to-table", Reserved;
    GraphWhereEdges = "graph-where-edges", Reserved;
    GraphWhereNodes = "graph-where-nodes", Reserved;
    Guid = "guid", Name;
    Has = "has", Declared;
    HasAll = "has_all", Reserved;
    HasAny = "has_any", Reserved;
    HasCs = "has_cs", Reserved;
    HasPrefix = "hasprefix", Reserved;
    HasPrefixCs = "hasprefix_cs", Reserved;
    HasSuffix = "hassuffix", Reserved;
    HasSuffixCs = "hassuffix_cs", Reserved;
    Id = "id", Name;
    In = "in", Declared;
    InTilde = "in~", Reserved;
    InlineExternalTable = "inline_external_table", Name;
    Int = "int", Reserved;
    Int16 = "int16", Reserved;
    Int32 = "int32", Reserved;
    Int64 = "int64", Reserved;
    Int8 = "int8", Reserved;
    Invoke = "invoke", Declared;
    Join = "join", Name;
    Kind = "kind", Path;
    Last = "last", Reserved;
    Let = "let", Name;
    Like = "like", Reserved;
    LikeCs = "likecs", Reserved;
    Limit = "limit", Name;
    Long = "long", Reserved;
    Lookup = "lookup", Name;
    MacroExpand = "macro-expand", Reserved;
    MakeGraph = "make-graph", Reserved;
    MakeSeries = "make-series", Reserved;
    MatchesRegex = "matches regex", Reserved;
    Materialize = "materialize", Declared;
    MaterializedViewCombine = "materialized-view-combine", Reserved;
    MvApply = "mv-apply", Reserved;
    MvApplyLegacy = "mvapply", Name;
    MvExpand = "mv-expand", Reserved;
    MvExpandLegacy = "mvexpand", Name;
    Nodes = "nodes", Name;
    NotBetween = "!between", Reserved;
    NotContains = "!contains", Reserved;
    NotContainsCs = "!contains_cs", Reserved;
    NotContainsCsWord = "notcontainscs", Reserved;
    NotContainsWord = "notcontains", Reserved;
    NotEndsWith = "!endswith", Reserved;
    NotEndsWithCs = "!endswith_cs", Reserved;
    NotHas = "!has", Reserved;
    NotHasCs = "!has_cs", Reserved;
    NotHasPrefix = "!hasprefix", Reserved;
    NotHasPrefixCs = "!hasprefix_cs", Reserved;
    NotHasSuffix = "!hassuffix", Reserved;
    NotHasSuffixCs = "!hassuffix_cs", Reserved;
    NotIn = "!in", Reserved;
    NotInTilde = "!in~", Reserved;
    NotLike = "notlike", Reserved;
    NotLikeCs = "notlikecs", Reserved;
    NotStartsWith = "!startswith", Reserved;
    NotStartsWithCs = "!startswith_cs", Reserved;
    Null = "null", Name;
    Nulls = "nulls", Name;
    Of = "of", Declared;
    On = "on", Name;
    Optional = "optional", Name;
    Or = "or", Reserved;
    Order = "order", Name;
    Others = "others", Reserved;
    Output = "output", Name;
    Pack = "pack", Name;
    Parse = "parse", Name;
    ParseKv = "parse-kv", Reserved;
    ParseWhere = "parse-where", Reserved;
    Partition = "partition", Name;
    PartitionBy = "__partitionby", Name;
    PartitionedBy = "partitioned-by", Reserved;
    Pattern = "pattern", Name;
    Print = "print", Declared;
    Project = "project", Reserved;
    ProjectAway = "project-away", Reserved;
    ProjectByNames = "project-by-names", Reserved;
    ProjectKeep = "project-keep", Reserved;
    ProjectRename = "project-rename", Reserved;
    ProjectReorder = "project-reorder", Reserved;
    ProjectSmart = "project-smart", Reserved;
    QueryParameters = "query_parameters", Name;
    Range = "range", Name;
    Real = "real", Reserved;
    Reduce = "reduce", Name;
    Render = "render", Name;
    Restrict = "restrict", Name;
    Sample = "sample", Declared;
    SampleDistinct = "sample-distinct", Declared;
    Scan = "scan", Name;
    Search = "search", Declared;
    Serialize = "serialize", Name;
    Set = "set", Declared;
    Sort = "sort", Name;
    StartsWith = "startswith", Reserved;
    StartsWithCs = "startswith_cs", Reserved;
    Step = "step", Name;
    String = "string", Reserved;
    Summarize = "summarize", Name;
    Take = "take", Name;
    Time = "time", Reserved;
    TimeSpan = "timespan", Reserved;
    Title = "title", Declared;
    To = "to", Declared;
    ToScalar = "toscalar", Declared;
    ToTable = "totable", Declared;
    Top = "top", Name;
    TopHitters = "top-hitters", Declared;
    TopNested = "top-nested", Declared;
    TypeOf = "typeof", Name;
    UInt = "uint", Reserved;
    UInt16 = "uint16", Reserved;
    UInt32 = "uint32", Reserved;
    UInt64 = "uint64", Reserved;
    UInt8 = "uint8", Reserved;
    ULong = "ulong", Reserved;
    Union = "union", Reserved;
    UniqueId = "uniqueid", Reserved;
    View = "view", Name;
    Where = "where", Declared;
    With = "with", Name;
    WithNodeId = "with_node_id", Name;
    WithSource = "withsource", Path;
    WithSourceUnderscore = "with_source", Path;
}

/// Words that cannot be names and have no use here.
const OTHER_RESERVED: &[&str] = &[
    "__crossCluster",
    "__crossDB",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__sourceColumnIndex",
    "anomalychart",
    "areachart",
    "bagexpansion",
    "barchart",
    "bin_legacy",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "columnchart",
    "dataexport",
    "decodeblocks",
    "encodingpolicy",
    "expandoutput",
    "extent_tags_retention",
    "harddelete",
    "hardretention",
    "hotcache",
    "isfuzzy",
    "force_remote",
    "journal",
    "ladderchart",
    "linechart",
    "missing",
    "nooptimization",
    "pathformat",
    "piechart",
    "pivotchart",
    "queries",
    "query_results",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "statistics",
    "storedqueryresultcontainers",
    "tablepurge",
    "timechart",
    "timeline",
    "timepivot",
    "treemap",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_step_name",
    "writeaheadlog",
    "char",
    "byte",
];

/// Words that can only be declared and have no use here.
const OTHER_DECLARED: &[&str] = &[
    "accumulate",
    "earliest",
    "latest",
    "mdm",
    "sql",
    "verbose",
    "viewers",
];

const fn hash(word: &[u8]) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize % TABLE_SIZE
}

const TABLE_SIZE: usize = 1024;

/// Plain words by [`hash`], with linear probing; what holds a sign (`mv-expand`, `in~`) is found by
/// [`compound`].
static TABLE: [Option<(&str, Keyword)>; TABLE_SIZE] = build_table();

const fn build_table() -> [Option<(&'static str, Keyword)>; TABLE_SIZE] {
    let mut table = [None; TABLE_SIZE];
    let mut at = 0;
    while at < KEYWORDS.len() {
        let (word, keyword) = KEYWORDS[at];
        if is_plain(word) {
            table = insert(table, word, keyword);
        }
        at += 1;
    }
    table = insert_all(table, OTHER_RESERVED, Keyword::OtherReserved);
    insert_all(table, OTHER_DECLARED, Keyword::OtherDeclared)
}

type Table = [Option<(&'static str, Keyword)>; TABLE_SIZE];

const fn insert_all(mut table: Table, words: &[&'static str], keyword: Keyword) -> Table {
    let mut at = 0;
    while at < words.len() {
        table = insert(table, words[at], keyword);
        at += 1;
    }
    table
}

const fn insert(mut table: Table, word: &'static str, keyword: Keyword) -> Table {
    let mut slot = hash(word.as_bytes());
    while table[slot].is_some() {
        slot = (slot + 1) % TABLE_SIZE;
    }
    table[slot] = Some((word, keyword));
    table
}

const fn is_plain(word: &str) -> bool {
    let bytes = word.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word_byte(bytes[at]) {
            return false;
        }
        at += 1;
    }
    true
}

/// The keyword that is exactly `word`.
fn plain(word: &[u8]) -> Option<Keyword> {
    let mut slot = hash(word);
    while let Some((text, keyword)) = TABLE.get(slot).copied().flatten() {
        if text.as_bytes() == word {
            return Some(keyword);
        }
        slot = (slot + 1) % TABLE_SIZE;
    }
    None
}

/// Keywords that go on after their first word, longest first for each first word.
const COMPOUNDS: &[(&str, &[Keyword])] = &[
    ("assert", &[Keyword::AssertSchema]),
    ("granny", &[Keyword::GrannyDesc, Keyword::GrannyAsc]),
    (
        "graph",
        &[
            Keyword::GraphMarkComponents,
            Keyword::GraphShortestPaths,
            Keyword::GraphWhereEdges,
            Keyword::GraphWhereNodes,
            Keyword::GraphToTable,
            Keyword::GraphMatch,
        ],
    ),
    ("in", &[Keyword::InTilde]),
    ("macro", &[Keyword::MacroExpand]),
    ("make", &[Keyword::MakeSeries, Keyword::MakeGraph]),
    ("matches", &[Keyword::MatchesRegex]),
    ("materialized", &[Keyword::MaterializedViewCombine]),
    ("mv", &[Keyword::MvExpand, Keyword::MvApply]),
    ("parse", &[Keyword::ParseWhere, Keyword::ParseKv]),
    ("partitioned", &[Keyword::PartitionedBy]),
    (
        "project",
        &[
            Keyword::ProjectByNames,
            Keyword::ProjectReorder,
            Keyword::ProjectRename,
            Keyword::ProjectSmart,
            Keyword::ProjectAway,
            Keyword::ProjectKeep,
        ],
    ),
    ("sample", &[Keyword::SampleDistinct]),
    ("top", &[Keyword::TopHitters, Keyword::TopNested]),
];

/// Whether `bytes` start with `text` and the word does not go on after it.
fn starts_with_word(bytes: &[u8], text: &str) -> bool {
    bytes.starts_with(text.as_bytes()) && !goes_on(bytes, text)
}

/// Whether the word goes on after `text`, which `bytes` start with.
fn goes_on(bytes: &[u8], text: &str) -> bool {
    bytes
        .get(text.len())
        .is_some_and(|&byte| is_word_byte(byte))
}

/// The longest compound keyword at the start of `bytes`, whose first word is `word`.
fn compound(bytes: &[u8], word: &[u8]) -> Option<Keyword> {
    if !matches!(bytes.get(word.len()), Some(b'-' | b'~' | b' ')) {
        return None;
    }
    let (_, candidates) = COMPOUNDS
        .iter()
        .find(|(first, _)| first.as_bytes() == word)?;
    candidates
        .iter()
        .copied()
        .find(|keyword| bytes.starts_with(keyword.text().as_bytes()))
}

/// The operator words that start with `!`, longest first.
const NEGATED: &[Keyword] = &[
    Keyword::NotStartsWithCs,
    Keyword::NotStartsWith,
    Keyword::NotHasPrefixCs,
    Keyword::NotHasSuffixCs,
    Keyword::NotEndsWithCs,
    Keyword::NotContainsCs,
    Keyword::NotHasPrefix,
    Keyword::NotHasSuffix,
    Keyword::NotContains,
    Keyword::NotEndsWith,
    Keyword::NotBetween,
    Keyword::NotHasCs,
    Keyword::NotInTilde,
    Keyword::NotHas,
    Keyword::NotIn,
];

impl Keyword {
    /// The keyword at the start of `bytes`, whose first word is `word_length` long, with the
    /// keyword's length.
    pub(super) fn at(bytes: &[u8], word_length: usize) -> (Option<Self>, usize) {
        let word = bytes.get(..word_length).unwrap_or_default();
        match compound(bytes, word) {
            // Where the last word of a compound goes on, the first word is no keyword either:
            // `project-awaystr` is not `project`.
            Some(keyword) if goes_on(bytes, keyword.text()) => (None, word_length),
            Some(keyword) => (Some(keyword), keyword.text().len()),
            None => (plain(word), word_length),
        }
    }

    /// The negated operator word at the start of `bytes`, with its length.
    pub(super) fn negated_at(bytes: &[u8]) -> Option<(Self, usize)> {
        let keyword = NEGATED
            .iter()
            .copied()
            .find(|keyword| starts_with_word(bytes, keyword.text()))?;
        Some((keyword, keyword.text().len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_keyword_by_its_text() {
        for &(text, keyword) in KEYWORDS {
            let bytes = text.as_bytes();
            let found = match Keyword::negated_at(bytes) {
                Some((keyword, length)) => (Some(keyword), length),
                None => Keyword::at(bytes, super::super::token::word_length(bytes)),
            };
            assert_eq!(found, (Some(keyword), text.len()), "{text}");
        }
    }

    #[test]
    fn a_keyword_ends_where_the_word_ends() {
        let at = |text: &str| {
            Keyword::at(
                text.as_bytes(),
                super::super::token::word_length(text.as_bytes()),
            )
            .0
        };
        assert_eq!(at("project-away a"), Some(Keyword::ProjectAway));
        assert_eq!(at("project-awayward"), None);
        assert_eq!(at("project-a"), Some(Keyword::Project));
        assert_eq!(at("projects"), None);
        assert_eq!(at("in~ ("), Some(Keyword::InTilde));
        assert_eq!(at("matches  regex"), None);
        assert_eq!(Keyword::negated_at(b"!hash"), None);
    }
}
