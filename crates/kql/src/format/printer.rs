//! Writing the text.

use super::WIDTH;
use super::layout::{Group, Layout, Node};
use crate::lexer::Punctuation;

const INDENT: usize = 4;

pub(super) struct Printer<'a> {
    layout: &'a Layout<'a>,
    out: String,
    /// Column after the last character.
    column: usize,
    /// Indentation of the current line.
    line_indent: usize,
    /// Indentation of further lines of the current operator.
    continuation: usize,
    /// The next token starts a line with this indentation.
    pending: Option<usize>,
    /// The next token starts a statement: a blank line before it is kept.
    keeps_blank_line: bool,
    /// The token written last.
    last: Option<usize>,
    /// How many comments have been written.
    comments_written: usize,
}

impl<'a> Printer<'a> {
    pub(super) const fn new(layout: &'a Layout<'a>) -> Self {
        Self {
            layout,
            out: String::new(),
            column: 0,
            line_indent: 0,
            continuation: 0,
            pending: None,
            keeps_blank_line: false,
            last: None,
            comments_written: 0,
        }
    }

    pub(super) fn print(mut self) -> String {
        for token in 0..self.layout.directives() {
            self.token(token);
            self.pending = Some(0);
        }
        self.block(&self.layout.nodes(), 0);
        self.pending = Some(0);
        self.comments(self.layout.end(), 0);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }

    /// Statements, each with its `;`.
    fn block(&mut self, nodes: &[Node], indent: usize) {
        for statement in
            nodes.split_inclusive(|node| self.layout.is_node(node, Punctuation::Semicolon))
        {
            self.pending = Some(indent);
            self.keeps_blank_line = true;
            self.statement(statement, indent);
        }
    }

    /// A pipeline, one operator a line; that of a `let` is indented.
    fn statement(&mut self, nodes: &[Node], indent: usize) {
        let pipe_indent = if self.layout.is_let(nodes) {
            indent + INDENT
        } else {
            indent
        };
        let mut rest = nodes;
        let mut base = indent;
        while !rest.is_empty() {
            let is_bar = |node: &Node| self.layout.is_node(node, Punctuation::Bar);
            let end = rest
                .iter()
                .skip(1)
                .position(is_bar)
                .map_or(rest.len(), |at| at + 1);
            let (operator, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.chunks(operator, base + INDENT, None);
            (rest, base) = (after, pipe_indent);
            if !rest.is_empty() {
                self.pending = Some(pipe_indent);
            }
        }
    }

    /// Nodes that go on with `continuation` where the line gets too long; with `row`, that many of
    /// them on each line.
    fn chunks(&mut self, nodes: &[Node], continuation: usize, row: Option<usize>) {
        let outer = std::mem::replace(&mut self.continuation, continuation);
        for (place, chunk) in self.layout.chunks(nodes).into_iter().enumerate() {
            let starts_row = row.is_some_and(|row| place > 0 && place % row == 0);
            if starts_row {
                self.pending = Some(continuation);
            }
            self.break_before(chunk);
            for node in chunk {
                self.node(node);
            }
        }
        self.continuation = outer;
    }

    /// Starts a line where `chunk` does not fit on the current one.
    fn break_before(&mut self, chunk: &[Node]) {
        let Some(first) = chunk.first().map(Node::first_token) else {
            return;
        };
        let Some(last) = self.last.filter(|_| self.pending.is_none()) else {
            return;
        };
        let space = usize::from(self.layout.has_space(last, first));
        let room = WIDTH.saturating_sub(self.continuation);
        let is_at_start = self.column <= self.line_indent;
        if !is_at_start && self.column + space + self.layout.least_width(chunk, room) > WIDTH {
            self.pending = Some(self.continuation);
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Token(token) => self.token(*token),
            Node::Group(group) => self.group(group),
        }
    }

    fn group(&mut self, group: &Group) {
        let space = self
            .last
            .is_some_and(|last| self.layout.has_space(last, group.open));
        let column = self.pending.unwrap_or(self.column + usize::from(space));
        let fits = group.width.is_some_and(|width| column + width <= WIDTH);
        if fits {
            self.flat_group(group);
        } else {
            self.broken_group(group);
        }
    }

    fn flat_group(&mut self, group: &Group) {
        self.token(group.open);
        let padded = self.layout.is_body(group.open) && !group.inner.is_empty();
        if padded {
            self.push(" ");
        }
        for node in &group.inner {
            self.node(node);
        }
        if padded {
            self.push(" ");
        }
        self.token(group.close);
    }

    /// Brackets at the ends of lines, and what is in them indented.
    fn broken_group(&mut self, group: &Group) {
        self.token(group.open);
        let outside = self.line_indent;
        let inside = outside + INDENT;
        self.pending = Some(inside);
        if self.layout.is_block(group) {
            self.block(&group.inner, inside);
        } else {
            self.chunks(&group.inner, inside, group.row);
        }
        self.pending = Some(outside);
        self.token_with_comments_at(group.close, inside);
    }

    fn token(&mut self, token: usize) {
        self.token_with_comments_at(token, self.pending.unwrap_or(self.continuation));
    }

    /// The comments before `token`, indented by `indent`, then the token with what stands before
    /// it.
    fn token_with_comments_at(&mut self, token: usize, indent: usize) {
        self.comments(token, indent);
        let keeps_blank_line = std::mem::take(&mut self.keeps_blank_line);
        match self.pending.take() {
            Some(indent) => {
                let blank =
                    keeps_blank_line && self.layout.blank_line_before(self.layout.start_of(token));
                self.start_line(indent, blank);
            }
            None if self
                .last
                .is_some_and(|last| self.layout.has_space(last, token)) =>
            {
                self.push(" ");
            }
            None => {}
        }
        self.push(self.layout.text_of(token));
        self.last = Some(token);
    }

    /// The comments before `token`; what comes next then starts a line.
    fn comments(&mut self, token: usize, indent: usize) {
        while let Some(comment) = self.layout.comment(self.comments_written) {
            if comment.before > token {
                return;
            }
            self.comments_written += 1;
            if comment.trailing {
                self.push(" ");
            } else {
                let blank = self.layout.blank_line_before(comment.span.start);
                self.start_line(indent, blank);
            }
            self.push(self.layout.text_of_comment(comment));
            self.pending = Some(self.pending.unwrap_or(indent));
        }
    }

    /// Ends the current line, leaves a blank one where `blank`, and indents the next.
    fn start_line(&mut self, indent: usize, blank: bool) {
        if !self.out.is_empty() {
            self.out.push_str(if blank { "\n\n" } else { "\n" });
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
        self.line_indent = indent;
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rsplit_once(['\n', '\r']) {
            Some((_, last_line)) => self.column = last_line.chars().count(),
            None => self.column += text.chars().count(),
        }
    }
}
