//! The tokens as a tree of brackets, with all that the printer asks about them.

use crate::lexer::{Comment, Keyword, Punctuation, Token, TokenKind, comments};
use crate::parser::{Role, Roles};

/// A token, or brackets with what stands between them.
#[derive(Debug)]
pub(super) enum Node {
    Token(usize),
    Group(Group),
}

/// Brackets.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) open: usize,
    pub(super) inner: Vec<Node>,
    pub(super) close: usize,
    /// How many columns it takes on one line; `None` where it cannot stand on one line.
    pub(super) width: Option<usize>,
    /// How many values a row has, where the brackets hold the values of a `datatable`.
    pub(super) row: Option<usize>,
}

impl Node {
    pub(super) const fn first_token(&self) -> usize {
        match self {
            Self::Token(token) => *token,
            Self::Group(group) => group.open,
        }
    }

    pub(super) const fn last_token(&self) -> usize {
        match self {
            Self::Token(token) => *token,
            Self::Group(group) => group.close,
        }
    }
}

/// A formatted text's tokens.
pub(super) struct Layout<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// By token, one bit for each role.
    roles: Vec<u8>,
    comments: Vec<Comment>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(text: &'a str, tokens: &'a [Token], roles: &Roles) -> Self {
        let mut bits = vec![0_u8; tokens.len()];
        for &(token, role) in roles {
            if let Some(bits) = bits.get_mut(token) {
                *bits |= 1 << role as u8;
            }
        }
        Self {
            text,
            tokens,
            roles: bits,
            comments: comments(text, tokens),
        }
    }

    pub(super) fn has_role(&self, token: usize, role: Role) -> bool {
        self.roles
            .get(token)
            .is_some_and(|bits| bits & 1 << role as u8 != 0)
    }

    pub(super) fn kind(&self, token: usize) -> TokenKind {
        self.tokens
            .get(token)
            .map_or(TokenKind::End, |token| token.kind)
    }

    pub(super) fn is_sign(&self, token: usize, sign: Punctuation) -> bool {
        self.kind(token) == TokenKind::Punctuation(sign)
    }

    pub(super) fn text_of(&self, token: usize) -> &'a str {
        self.tokens
            .get(token)
            .map_or("", |token| token.span().text(self.text))
    }

    pub(super) fn text_of_comment(&self, comment: &Comment) -> &'a str {
        comment.span.text(self.text).trim_end()
    }

    pub(super) fn comment(&self, place: usize) -> Option<&Comment> {
        self.comments.get(place)
    }

    /// The comments between `token` and the one before it.
    fn comments_before(&self, token: usize) -> &[Comment] {
        let start = self
            .comments
            .partition_point(|comment| comment.before < token);
        let end = self
            .comments
            .partition_point(|comment| comment.before <= token);
        self.comments.get(start..end).unwrap_or_default()
    }

    /// Whether a blank line stands before the byte at `offset`, with nothing but white space in
    /// between.
    pub(super) fn blank_line_before(&self, offset: usize) -> bool {
        let before = self.text.get(..offset).unwrap_or_default();
        let gap = before.get(before.trim_end().len()..).unwrap_or_default();
        gap.matches('\n').count() > 1
    }

    pub(super) fn start_of(&self, token: usize) -> usize {
        self.tokens
            .get(token)
            .map_or(self.text.len(), |token| token.start as usize)
    }

    /// All tokens but directives at the start and the end token.
    pub(super) fn nodes(&self) -> Vec<Node> {
        let mut at = self.directives();
        self.nodes_until_close(&mut at)
    }

    /// How many `#…` lines stand at the start.
    pub(super) fn directives(&self) -> usize {
        self.tokens
            .iter()
            .take_while(|token| token.kind == TokenKind::Directive)
            .count()
    }

    pub(super) const fn end(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// Brackets match and are not nested deep, because the parser has found no error.
    fn nodes_until_close(&self, at: &mut usize) -> Vec<Node> {
        use Punctuation::{
            CloseBrace, CloseBracket, CloseParenthesis, OpenBrace, OpenBracket, OpenParenthesis,
        };
        let mut nodes = Vec::new();
        loop {
            let token = *at;
            match self.kind(token) {
                TokenKind::End
                | TokenKind::Punctuation(CloseBrace | CloseBracket | CloseParenthesis) => {
                    return nodes;
                }
                TokenKind::Punctuation(OpenBrace | OpenBracket | OpenParenthesis) => {
                    *at += 1;
                    let inner = self.nodes_until_close(at);
                    let close = *at;
                    *at += 1;
                    let width = self.group_width(token, &inner, close);
                    let row = self.row_length(&nodes);
                    nodes.push(Node::Group(Group {
                        open: token,
                        inner,
                        close,
                        width,
                        row,
                    }));
                }
                _ => {
                    *at += 1;
                    nodes.push(Node::Token(token));
                }
            }
        }
    }

    /// How many values a row has, if the brackets after `nodes` hold the values of a `datatable`.
    fn row_length(&self, nodes: &[Node]) -> Option<usize> {
        let [.., Node::Token(word), Node::Group(schema)] = nodes else {
            return None;
        };
        let is_data_table = self.kind(*word) == TokenKind::Keyword(Keyword::DataTable);
        let colons = schema
            .inner
            .iter()
            .filter(|node| self.is_node(node, Punctuation::Colon))
            .count();
        (is_data_table && colons > 0).then_some(colons)
    }

    /// The columns of a group on one line.
    fn group_width(&self, open: usize, inner: &[Node], close: usize) -> Option<usize> {
        let first = inner.first().map_or(close, Node::first_token);
        let has_comments =
            !self.comments_before(close).is_empty() || !self.comments_before(first).is_empty();
        if has_comments || self.holds_block(inner) {
            return None;
        }
        let padding = if self.is_body(open) && !inner.is_empty() {
            2
        } else {
            0
        };
        Some(self.width_of(inner)? + 2 + padding)
    }

    /// Whether there are pipelines or several statements among `nodes`, which never stand on one
    /// line.
    fn holds_block(&self, nodes: &[Node]) -> bool {
        nodes.iter().any(|node| {
            self.is_node(node, Punctuation::Bar) || self.is_node(node, Punctuation::Semicolon)
        })
    }

    /// Whether the group is laid out as pipelines and statements.
    pub(super) fn is_block(&self, group: &Group) -> bool {
        self.holds_block(&group.inner)
    }

    pub(super) fn is_node(&self, node: &Node, sign: Punctuation) -> bool {
        matches!(node, Node::Token(token) if self.is_sign(*token, sign))
    }

    /// Whether a statement is a `let`.
    pub(super) fn is_let(&self, statement: &[Node]) -> bool {
        statement
            .first()
            .map(Node::first_token)
            .is_some_and(|token| {
                self.kind(token) == TokenKind::Keyword(Keyword::Let)
                    && self.has_role(token, Role::OperatorStart)
            })
    }

    /// The columns of `nodes` on one line; `None` where they cannot stand on one.
    pub(super) fn width_of(&self, nodes: &[Node]) -> Option<usize> {
        let mut width = 0;
        let mut last: Option<usize> = None;
        for node in nodes {
            let first = node.first_token();
            if let Some(last) = last {
                width += usize::from(self.has_space(last, first));
                if !self.comments_before(first).is_empty() {
                    return None;
                }
            }
            width += match node {
                Node::Token(token) => self.token_width(*token)?,
                Node::Group(group) => group.width?,
            };
            last = Some(node.last_token());
        }
        Some(width)
    }

    /// The columns of `chunk` up to the first group that does not even fit into `room` columns.
    pub(super) fn least_width(&self, chunk: &[Node], room: usize) -> usize {
        let is_broken = |node: &Node| match node {
            Node::Token(_) => false,
            Node::Group(group) => group.width.is_none_or(|width| width > room),
        };
        let end = chunk.iter().position(is_broken);
        let before = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        self.width_of(before).unwrap_or(0) + usize::from(end.is_some())
    }

    /// The pieces between which a line may be broken: after commas, before `and`, `or` and the
    /// words of clauses.
    pub(super) fn chunks<'n>(&self, nodes: &'n [Node]) -> Vec<&'n [Node]> {
        let mut chunks = Vec::new();
        let mut start = 0;
        for (at, pair) in (1..).zip(nodes.windows(2)) {
            let [left, right] = pair else { continue };
            let starts_line = matches!(right, Node::Token(token) if self.may_start_line(*token));
            if starts_line || self.is_node(left, Punctuation::Comma) {
                chunks.extend(nodes.get(start..at));
                start = at;
            }
        }
        chunks.extend(nodes.get(start..));
        chunks
    }

    fn token_width(&self, token: usize) -> Option<usize> {
        let text = self.text_of(token);
        (!text.contains(['\n', '\r'])).then(|| text.chars().count())
    }

    /// Whether `open` is the brace of a function's body or of a pipeline, which has spaces inside.
    pub(super) fn is_body(&self, open: usize) -> bool {
        self.is_sign(open, Punctuation::OpenBrace) && self.has_role(open, Role::PipelineOpen)
    }

    /// Whether a line may start with `token` inside an operator.
    fn may_start_line(&self, token: usize) -> bool {
        let joins = matches!(
            self.kind(token),
            TokenKind::Keyword(Keyword::And | Keyword::Or)
        );
        joins || self.has_role(token, Role::ClauseStart)
    }
}
