//! The tree of a query.
//!
//! One [`Expr`] type serves scalar and tabular expressions alike, because the grammar does not tell them apart:
//! `let x = T | take 1` and `let x = 5` differ only for the binder. Every node carries the [`Span`] it was read from.
//!
//! Source: the grammar as documented at learn.microsoft.com/kusto/query.

use crate::span::Span;
use crate::types::ScalarType;

/// A whole query text: statements separated by `;`.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In text order. A valid query ends with at least one [`Statement::Expression`].
    pub statements: Vec<Statement>,
    /// The whole text.
    pub span: Span,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `let name = …`.
    Let(LetStatement),
    /// `set name [= value]`.
    Set(SetStatement),
    /// `declare query_parameters(…)`.
    DeclareParameters(DeclareParameters),
    /// `alias database name = …`.
    Alias {
        /// The name that is declared.
        name: Name,
        /// What it stands for.
        value: Expr,
        /// The whole statement.
        span: Span,
    },
    /// `restrict access to (…)`.
    Restrict {
        /// The names and wildcards that stay visible.
        entities: Vec<Expr>,
        /// The whole statement.
        span: Span,
    },
    /// `declare pattern name = …`: kept as text.
    Pattern {
        /// The name that is declared.
        name: Name,
        /// The whole statement.
        span: Span,
    },
    /// A tabular (or, for the binder to refuse, scalar) expression: what the query returns.
    Expression(Expr),
}

/// `let name = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct LetStatement {
    /// The name that is declared.
    pub name: Name,
    /// What it stands for.
    pub value: LetValue,
    /// The whole statement.
    pub span: Span,
}

/// The right-hand side of a `let`.
#[derive(Debug, Clone, PartialEq)]
pub enum LetValue {
    /// A scalar or tabular expression; also `materialize(…)`, `toscalar(…)`.
    Expr(Expr),
    /// `(parameters) { body }` or `view () { body }`.
    Function(FunctionDeclaration),
}

/// A user-defined function.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionDeclaration {
    /// Declared with the word `view`.
    pub view: bool,
    /// In declaration order; tabular ones come first in a valid query.
    pub parameters: Vec<Parameter>,
    /// `let` and `set` statements of the body, then the result, if the body has one.
    pub body: Vec<Statement>,
    /// From `view` or `(` to the closing brace.
    pub span: Span,
}

/// A parameter of a function or query.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub kind: ParameterKind,
    /// `= literal`.
    pub default: Option<Expr>,
    /// The whole parameter.
    pub span: Span,
}

/// The type of a [`Parameter`].
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterKind {
    /// `name:type`.
    Scalar(ScalarType),
    /// `name:(column:type, …, *)`.
    Tabular {
        /// The columns it must have.
        columns: Vec<ColumnDeclaration>,
        /// `*`: it may have more.
        open: bool,
    },
}

/// `name:type` in a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDeclaration {
    /// The column's name.
    pub name: Name,
    /// The column's type.
    pub scalar_type: ScalarType,
    /// Both.
    pub span: Span,
}

/// `set option [= value]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SetStatement {
    /// The option.
    pub name: Name,
    /// Its value; none means `true`.
    pub value: Option<Expr>,
    /// The whole statement.
    pub span: Span,
}

/// `declare query_parameters(…)`.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclareParameters {
    /// In declaration order.
    pub parameters: Vec<Parameter>,
    /// The whole statement.
    pub span: Span,
}

/// An identifier as written, without the quoting of `['…']`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The identifier itself.
    pub text: String,
    /// Where it stands, quoting included.
    pub span: Span,
}

/// An expression, scalar or tabular.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an [`Expr`].
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A column, table, variable, or `$left`/`$right`/`$table`.
    Name(Name),
    /// A name with `*` in it, as in `union Device*` or `project-away a*`; also the bare `*`.
    Wildcard(String),
    /// `base.member`; also `$left.column`, `database("x").Table`.
    Path {
        /// What is read.
        base: Box<Expr>,
        /// Which member.
        member: Name,
    },
    /// `base[index]`.
    Index {
        /// What is read.
        base: Box<Expr>,
        /// A number counts from the front, or from the end when negative; a string names a member.
        index: Box<Expr>,
    },
    /// `name(arguments)`; with `base`, the dotted form `base.name(arguments)`.
    Call {
        /// `database("x")` of `database("x").function()`.
        base: Option<Box<Expr>>,
        /// The function.
        name: Name,
        /// In text order.
        arguments: Vec<Argument>,
    },
    /// `-x` or `+x`.
    Unary {
        /// Which.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `left op right`, arithmetic, comparison, logic and string operators with one value on the right.
    Binary {
        /// Which.
        op: BinaryOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `operand in (list)` and its relatives, which take a list on the right.
    ///
    /// `list` holds the comma-separated expressions between the parentheses (one of them may be tabular).
    In {
        /// Which.
        op: InOp,
        /// What is looked for.
        operand: Box<Expr>,
        /// What it is compared with.
        list: Vec<Expr>,
    },
    /// `operand between (low .. high)`.
    Between {
        /// `!between`.
        negated: bool,
        /// What is compared.
        operand: Box<Expr>,
        /// The lower end, inclusive.
        low: Box<Expr>,
        /// The upper end, inclusive.
        high: Box<Expr>,
    },
    /// `(inner)`.
    Parenthesised(Box<Expr>),
    /// `source | operator | …`; never without operators.
    Pipe {
        /// Where the rows come from.
        source: Box<Expr>,
        /// In text order.
        operators: Vec<Operator>,
    },
    /// An operator that starts a pipeline: `print`, `range`, `union`, `find`, `search`, `evaluate`.
    Source(Box<Operator>),
    /// `datatable (schema) [values]`.
    DataTable {
        /// The columns.
        columns: Vec<ColumnDeclaration>,
        /// Row by row.
        values: Vec<Expr>,
    },
    /// `externaldata (schema) [urls] with (properties)`.
    ExternalData {
        /// The columns.
        columns: Vec<ColumnDeclaration>,
        /// String expressions.
        locations: Vec<Expr>,
        /// `format = "csv"`, `ignoreFirstRecord = true`, ….
        properties: Vec<Property>,
    },
    /// `typeof(type)`, or `typeof(a:string, b:long)` where a schema is wanted.
    TypeOf(TypeOf),
    /// What could not be read; a diagnostic says why.
    Error,
}

/// The operand of `typeof`.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeOf {
    /// `typeof(string)`.
    Scalar(ScalarType),
    /// `typeof(a:string, b:long)`; `open` where the list holds a `*`.
    Schema {
        /// The columns.
        columns: Vec<ColumnDeclaration>,
        /// Whether `*` is among them.
        open: bool,
    },
}

/// An argument of a function: `expression` or `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The name in `name = expression`.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `[name =] expression` or `(a, b) = expression` in `project`, `extend`, `summarize`, `by`, `print`, ….
#[derive(Debug, Clone, PartialEq)]
pub struct NamedExpr {
    /// Empty when the name is to be derived; several for `(a, b) = …`.
    pub names: Vec<Name>,
    /// The value.
    pub value: Expr,
    /// Both.
    pub span: Span,
}

/// `name = value` among the parameters of an operator, such as `kind=inner`, `hint.strategy=broadcast`, `withsource=T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// With its dots, such as `hint.strategy`.
    pub name: Name,
    /// A bare word is an [`ExprKind::Name`]; several names, as in `ycolumns = a, b`, are a dynamic array of strings.
    pub value: Expr,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `true`, `false`, `bool(null)`.
    Bool(Option<bool>),
    /// `int(1)`, `int(null)`.
    Int(Option<i32>),
    /// `1`, `0xff`, `long(1)`, `long(null)`.
    Long(Option<i64>),
    /// `1.5`, `real(nan)`, `real(null)`.
    Real(Option<f64>),
    /// `decimal(1.5)`: the digits as written; `decimal(null)`.
    Decimal(Option<String>),
    /// Any spelling of a string; adjacent ones already joined.
    String(String),
    /// Ticks of 100 ns since 0001-01-01T00:00Z; `datetime(null)`.
    DateTime(Option<i64>),
    /// Ticks of 100 ns; `timespan(null)`.
    TimeSpan(Option<i64>),
    /// The 128 bits; `guid(null)`.
    Guid(Option<u128>),
    /// `dynamic(…)`.
    Dynamic(DynamicLiteral),
}

/// The value inside `dynamic(…)`.
#[derive(Debug, Clone, PartialEq)]
pub enum DynamicLiteral {
    /// `null`.
    Null,
    /// A scalar: JSON's own, or `datetime(…)`, `timespan(…)`, `guid(…)`, ….
    Scalar(Box<Literal>),
    /// `[…]`.
    Array(Vec<DynamicLiteral>),
    /// `{…}`, in text order; a repeated key keeps its last value.
    Bag(Vec<(String, DynamicLiteral)>),
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `+`
    Plus,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=` and `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `=~` and the other string operators.
    String(StringOp),
}

/// String operators with one value on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StringOp {
    /// What is compared.
    pub test: StringTest,
    /// `_cs`.
    pub case_sensitive: bool,
    /// `!`.
    pub negated: bool,
}

/// What a [`StringOp`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StringTest {
    /// `=~`, `!~`: equal but for case.
    Equals,
    /// `contains`.
    Contains,
    /// `startswith`.
    StartsWith,
    /// `endswith`.
    EndsWith,
    /// `has`: a whole term.
    Has,
    /// `hasprefix`: the start of a term.
    HasPrefix,
    /// `hassuffix`: the end of a term.
    HasSuffix,
    /// `like` and `notlike`: legacy wildcards.
    Like,
    /// `matches regex`: always case-sensitive unless the expression says otherwise.
    MatchesRegex,
    /// `:`, which is `has` with wildcards.
    Search,
}

/// Operators that take a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InOp {
    /// `in`, `!in`, `in~`, `!in~`.
    In {
        /// `~` makes it false.
        case_sensitive: bool,
        /// `!`.
        negated: bool,
    },
    /// `has_any`.
    HasAny,
    /// `has_all`.
    HasAll,
}

/// A tabular operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    /// Which, with its parts.
    pub kind: OperatorKind,
    /// From its keyword to its end, without the `|`.
    pub span: Span,
}

/// The tabular operators.
#[derive(Debug, Clone, PartialEq)]
pub enum OperatorKind {
    /// `as name`.
    As {
        /// `hint.materialized=true`.
        properties: Vec<Property>,
        /// The name the rows get.
        name: Name,
    },
    /// `consume`.
    Consume {
        /// `decodeblocks=…`.
        properties: Vec<Property>,
    },
    /// `count`.
    Count {
        /// Its parameters.
        properties: Vec<Property>,
        /// `as name`.
        alias: Option<Name>,
    },
    /// `distinct columns`.
    Distinct {
        /// Its hints.
        properties: Vec<Property>,
        /// Column expressions, or one `*`.
        columns: Vec<NamedExpr>,
    },
    /// `evaluate plugin(arguments) [: schema]`.
    Evaluate {
        /// Its hints.
        properties: Vec<Property>,
        /// The call.
        call: Expr,
        /// The declared output schema.
        schema: Option<Vec<ColumnDeclaration>>,
        /// Whether the schema holds `*`.
        open: bool,
    },
    /// `execute_and_cache`.
    ExecuteAndCache,
    /// `extend assignments`.
    Extend(Vec<NamedExpr>),
    /// `facet by columns [with (pipeline)]`.
    Facet {
        /// The columns.
        columns: Vec<Expr>,
        /// Operators applied to each.
        with: Vec<Operator>,
    },
    /// `find [properties] [in (tables)] where predicate [project …]`.
    Find(FindOperator),
    /// `fork (pipeline) (pipeline) …`.
    Fork(Vec<ForkBranch>),
    /// `getschema`.
    GetSchema,
    /// `graph-match`, `graph-to-table`, `graph-shortest-paths`, `graph-mark-components`, `make-graph`, `graph`: kept as text, with their name.
    Graph {
        /// The operator's keyword.
        keyword: Name,
        /// Everything after it.
        body: Span,
    },
    /// `invoke function(arguments)`.
    Invoke(Expr),
    /// `join`.
    Join(JoinOperator),
    /// `lookup`.
    Lookup(JoinOperator),
    /// `macro-expand`: kept as text.
    MacroExpand(Span),
    /// `make-series`.
    MakeSeries(MakeSeriesOperator),
    /// `mv-apply`.
    MvApply(MvApplyOperator),
    /// `mv-expand`, also spelled `mvexpand`.
    MvExpand(MvExpandOperator),
    /// `parse`.
    Parse(ParseOperator),
    /// `parse-where`.
    ParseWhere(ParseOperator),
    /// `parse-kv`.
    ParseKv(ParseKvOperator),
    /// `partition`.
    Partition(PartitionOperator),
    /// `print`.
    Print(Vec<NamedExpr>),
    /// `project`.
    Project(Vec<NamedExpr>),
    /// `project-away`: names and wildcards.
    ProjectAway(Vec<Expr>),
    /// `project-keep`: names and wildcards.
    ProjectKeep(Vec<Expr>),
    /// `project-by-names`: names, wildcards, dynamic arrays of names.
    ProjectByNames(Vec<Expr>),
    /// `project-rename`.
    ProjectRename(Vec<NamedExpr>),
    /// `project-reorder`: names and wildcards, with an optional order.
    ProjectReorder(Vec<SortKey>),
    /// `range name from start to end step step`.
    Range {
        /// The column.
        name: Name,
        /// First value.
        from: Expr,
        /// Last value, inclusive.
        to: Expr,
        /// Distance.
        step: Expr,
    },
    /// `reduce by column [with …]`.
    Reduce {
        /// Its hints.
        properties: Vec<Property>,
        /// What is reduced.
        by: Expr,
        /// `threshold = …`, `characters = …`.
        with: Vec<Property>,
    },
    /// `render kind [with (properties)]`.
    Render {
        /// `timechart`, `table`, ….
        chart: Name,
        /// `title = "…"`, ….
        properties: Vec<Property>,
    },
    /// `sample n`.
    Sample {
        /// Its hints.
        properties: Vec<Property>,
        /// How many rows.
        count: Expr,
    },
    /// `sample-distinct n of column`.
    SampleDistinct {
        /// How many values.
        count: Expr,
        /// Of which expression.
        of: Expr,
    },
    /// `scan`.
    Scan(ScanOperator),
    /// `search`.
    Search(SearchOperator),
    /// `serialize [assignments]`.
    Serialize(Vec<NamedExpr>),
    /// `sort by`, `order by`.
    Sort {
        /// Its hints.
        properties: Vec<Property>,
        /// Most significant first.
        keys: Vec<SortKey>,
    },
    /// `summarize`.
    Summarize(SummarizeOperator),
    /// `take`, `limit`.
    Take {
        /// Its hints.
        properties: Vec<Property>,
        /// How many rows.
        count: Expr,
    },
    /// `top n by keys`.
    Top {
        /// Its hints.
        properties: Vec<Property>,
        /// How many rows.
        count: Expr,
        /// Most significant first.
        keys: Vec<SortKey>,
    },
    /// `top-hitters n of column [by weight]`.
    TopHitters {
        /// How many.
        count: Expr,
        /// Of which expression.
        of: Expr,
        /// Weighted by.
        by: Option<Expr>,
    },
    /// `top-nested`.
    TopNested(Vec<TopNestedClause>),
    /// `union`.
    Union(UnionOperator),
    /// `where`, `filter`.
    Where {
        /// Its hints.
        properties: Vec<Property>,
        /// The condition.
        predicate: Expr,
    },
    /// `assert-schema (schema)`.
    AssertSchema(Vec<ColumnDeclaration>),
    /// A word that is no operator; a diagnostic says so.
    Error,
}

/// `find`.
#[derive(Debug, Clone, PartialEq)]
pub struct FindOperator {
    /// `withsource=…`, `datascope=…`.
    pub properties: Vec<Property>,
    /// `in (tables)`; empty for all.
    pub tables: Vec<Expr>,
    /// The condition.
    pub predicate: Expr,
    /// `project columns`; a `pack(*)` is a call.
    pub project: Option<FindProjection>,
}

/// What `find` returns.
#[derive(Debug, Clone, PartialEq)]
pub enum FindProjection {
    /// `project-smart`.
    Smart,
    /// `project …`: a name with an optional type, or `pack(*)`.
    Columns(Vec<(Expr, Option<ScalarType>)>),
    /// `project-away …`.
    Away(Vec<Expr>),
}

/// One branch of `fork`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForkBranch {
    /// `name =`.
    pub name: Option<Name>,
    /// Its pipeline.
    pub operators: Vec<Operator>,
}

/// `join` and `lookup`.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinOperator {
    /// `kind=…` and hints.
    pub properties: Vec<Property>,
    /// The other side.
    pub right: Expr,
    /// `on` conditions: names, or `$left.a == $right.b`, possibly joined by `and`.
    pub on: Vec<Expr>,
    /// `where predicate`, the undocumented alternative to `on`.
    pub where_: Option<Expr>,
}

/// `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeSeriesOperator {
    /// `kind=nonempty` and hints.
    pub properties: Vec<Property>,
    /// The series.
    pub aggregates: Vec<SeriesAggregate>,
    /// `on axis`.
    pub on: NamedExpr,
    /// The bins.
    pub range: SeriesRange,
    /// `by keys`.
    pub by: Vec<NamedExpr>,
}

/// One series of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate.
    pub aggregate: NamedExpr,
    /// `default = constant`.
    pub default: Option<Expr>,
}

/// The bins of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub enum SeriesRange {
    /// `[from a] [to b] step s`.
    FromToStep {
        /// First bin.
        from: Option<Expr>,
        /// End, exclusive.
        to: Option<Expr>,
        /// Bin width.
        step: Expr,
    },
    /// `in range(a, b, s)`, the older form, end-inclusive.
    InRange {
        /// First bin.
        from: Expr,
        /// End, inclusive.
        to: Expr,
        /// Bin width.
        step: Expr,
    },
}

/// `mv-apply`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvApplyOperator {
    /// `with_itemindex=…` and hints.
    pub properties: Vec<Property>,
    /// What is expanded.
    pub columns: Vec<MvColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
    /// `id context`.
    pub context_id: Option<Expr>,
    /// `on (subquery)`: the operators applied to each row's expansion.
    pub subquery: Vec<Operator>,
}

/// `mv-expand`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpandOperator {
    /// Spelled `mvexpand`, which stops at 128 values a row.
    pub legacy: bool,
    /// `bagexpansion=…`, `kind=…`, `with_itemindex=…`.
    pub properties: Vec<Property>,
    /// What is expanded, side by side.
    pub columns: Vec<MvColumn>,
    /// `limit n`.
    pub limit: Option<Expr>,
}

/// `[name =] expression [to typeof(type)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MvColumn {
    /// The expression with its name.
    pub value: NamedExpr,
    /// `to typeof(type)`.
    pub to_type: Option<ScalarType>,
}

/// `parse` and `parse-where`.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseOperator {
    /// `kind=…`, `flags=…`.
    pub properties: Vec<Property>,
    /// What is parsed.
    pub operand: Expr,
    /// In text order.
    pub pattern: Vec<ParsePart>,
}

/// A piece of a parse pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsePart {
    /// `*`: skip.
    Star(Span),
    /// Fixed text, or a regular expression with `kind=regex`.
    Text(String, Span),
    /// `column[:type]`.
    Column {
        /// The column that is made.
        name: Name,
        /// Its type; string when absent.
        scalar_type: Option<ScalarType>,
    },
}

/// `parse-kv operand as (keys) with (properties)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseKvOperator {
    /// What is parsed.
    pub operand: Expr,
    /// The keys wanted.
    pub keys: Vec<ColumnDeclaration>,
    /// `pair_delimiter = …`, ….
    pub properties: Vec<Property>,
}

/// `partition`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionOperator {
    /// Its hints.
    pub properties: Vec<Property>,
    /// `by column`.
    pub by: Expr,
    /// `in` scope of the older form.
    pub scope: Option<Expr>,
    /// What runs for each partition.
    pub body: PartitionBody,
}

/// What `partition` runs for each value.
#[derive(Debug, Clone, PartialEq)]
pub enum PartitionBody {
    /// `( operators )`.
    Operators(Vec<Operator>),
    /// `{ query }`.
    Query(Expr),
}

/// `scan`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOperator {
    /// `with_match_id=…`, ….
    pub properties: Vec<Property>,
    /// `order by`.
    pub order_by: Vec<SortKey>,
    /// `partition by`.
    pub partition_by: Vec<Expr>,
    /// `declare (…)`.
    pub declare: Vec<Parameter>,
    /// The steps.
    pub steps: Vec<ScanStep>,
}

/// One `step` of `scan`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanStep {
    /// Its name.
    pub name: Name,
    /// `optional`.
    pub optional: bool,
    /// `output = all|last|none`.
    pub output: Option<Name>,
    /// Its condition.
    pub condition: Expr,
    /// `=> column = value, …`.
    pub assignments: Vec<NamedExpr>,
}

/// `search`.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchOperator {
    /// `kind=…`.
    pub properties: Vec<Property>,
    /// `in (tables)`; empty for all or for the input.
    pub tables: Vec<Expr>,
    /// The condition; a bare string means "has this term".
    pub predicate: Expr,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub value: NamedExpr,
    /// As written; the default depends on the operator.
    pub order: Option<SortOrder>,
    /// As written; the default depends on the order.
    pub nulls: Option<NullsOrder>,
}

/// `asc`, `desc`; for `project-reorder` also the granny orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// `asc`
    Ascending,
    /// `desc`
    Descending,
    /// `granny-asc`
    GrannyAscending,
    /// `granny-desc`
    GrannyDescending,
}

/// `nulls first`, `nulls last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `summarize`.
#[derive(Debug, Clone, PartialEq)]
pub struct SummarizeOperator {
    /// Its hints.
    pub properties: Vec<Property>,
    /// The aggregates.
    pub aggregates: Vec<NamedExpr>,
    /// `by keys`; `None` without the word `by`.
    pub by: Option<Vec<NamedExpr>>,
}

/// One level of `top-nested`.
#[derive(Debug, Clone, PartialEq)]
pub struct TopNestedClause {
    /// How many; none means all.
    pub count: Option<Expr>,
    /// Of which expression.
    pub of: NamedExpr,
    /// `with others = …`.
    pub with_others: Option<Expr>,
    /// `by aggregate`.
    pub by: NamedExpr,
    /// `asc`, `desc`.
    pub order: Option<SortOrder>,
}

/// `union`.
#[derive(Debug, Clone, PartialEq)]
pub struct UnionOperator {
    /// `kind=…`, `withsource=…`, `isfuzzy=…`, hints.
    pub properties: Vec<Property>,
    /// Tables, wildcards, parenthesised pipelines.
    pub tables: Vec<Expr>,
}
