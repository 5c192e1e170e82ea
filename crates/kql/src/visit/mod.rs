//! Walking a tree.
//!
//! Implement [`Visitor`] and override what is of interest; call the `walk_…` function of the same
//! name to go on below it. Everything is
//! visited in text order, as far as the tree keeps it. A tree that [`parse`](crate::parse) made is
//! never higher than
//! [`MAX_TREE_HEIGHT`](crate::MAX_TREE_HEIGHT), so that recursion is safe.

mod operators;
mod tables;

pub use operators::walk_operator;
pub use tables::{TableReference, table_references};

use crate::ast::{
    Argument, Expr, ExprKind, FunctionDeclaration, LetValue, NamedExpr, Operator, Parameter,
    Property, Query, Statement,
};

/// What is called for the nodes of a tree.
pub trait Visitor {
    /// A statement of the query or of a function's body.
    fn visit_statement(&mut self, statement: &Statement) {
        walk_statement(self, statement);
    }

    /// A function that `let` declares.
    fn visit_function(&mut self, function: &FunctionDeclaration) {
        walk_function(self, function);
    }

    /// A parameter of a function or of the query.
    fn visit_parameter(&mut self, parameter: &Parameter) {
        walk_parameter(self, parameter);
    }

    /// Any expression.
    fn visit_expr(&mut self, expr: &Expr) {
        walk_expr(self, expr);
    }

    /// An expression that may have a name.
    fn visit_named_expr(&mut self, named: &NamedExpr) {
        self.visit_expr(&named.value);
    }

    /// A property of an operator.
    fn visit_property(&mut self, property: &Property) {
        self.visit_expr(&property.value);
    }

    /// An argument of a call.
    fn visit_argument(&mut self, argument: &Argument) {
        self.visit_expr(&argument.value);
    }

    /// A tabular operator.
    fn visit_operator(&mut self, operator: &Operator) {
        walk_operator(self, operator);
    }
}

/// Visits all statements.
pub fn walk_query<V: Visitor + ?Sized>(visitor: &mut V, query: &Query) {
    for statement in &query.statements {
        visitor.visit_statement(statement);
    }
}

/// Visits what a statement holds.
pub fn walk_statement<V: Visitor + ?Sized>(visitor: &mut V, statement: &Statement) {
    match statement {
        Statement::Let(statement) => match &statement.value {
            LetValue::Expr(value) => visitor.visit_expr(value),
            LetValue::Function(function) => visitor.visit_function(function),
        },
        Statement::Set(statement) => exprs(visitor, &statement.value),
        Statement::DeclareParameters(statement) => parameters(visitor, &statement.parameters),
        Statement::Alias { value, .. } => visitor.visit_expr(value),
        Statement::Restrict { entities, .. } => exprs(visitor, entities),
        Statement::Pattern { .. } => {}
        Statement::Expression(expr) => visitor.visit_expr(expr),
    }
}

/// Visits the parameters and the body of a function.
pub fn walk_function<V: Visitor + ?Sized>(visitor: &mut V, function: &FunctionDeclaration) {
    parameters(visitor, &function.parameters);
    for statement in &function.body {
        visitor.visit_statement(statement);
    }
}

/// Visits the default of a parameter.
pub fn walk_parameter<V: Visitor + ?Sized>(visitor: &mut V, parameter: &Parameter) {
    exprs(visitor, &parameter.default);
}

/// Visits the parts of an expression.
pub fn walk_expr<V: Visitor + ?Sized>(visitor: &mut V, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(_)
        | ExprKind::Name(_)
        | ExprKind::Wildcard(_)
        | ExprKind::TypeOf(_)
        | ExprKind::Error => {}
        ExprKind::Path { base, .. } => visitor.visit_expr(base),
        ExprKind::Index { base, index } => pair(visitor, base, index),
        ExprKind::Call {
            base, arguments, ..
        } => {
            exprs(visitor, base.as_deref());
            arguments
                .iter()
                .for_each(|argument| visitor.visit_argument(argument));
        }
        ExprKind::Unary { operand, .. } => visitor.visit_expr(operand),
        ExprKind::Binary { left, right, .. } => pair(visitor, left, right),
        ExprKind::In { operand, list, .. } => {
            visitor.visit_expr(operand);
            exprs(visitor, list);
        }
        ExprKind::Between {
            operand, low, high, ..
        } => {
            visitor.visit_expr(operand);
            pair(visitor, low, high);
        }
        ExprKind::Parenthesised(inner) => visitor.visit_expr(inner),
        ExprKind::Pipe { source, operators } => {
            visitor.visit_expr(source);
            operators::all(visitor, operators);
        }
        ExprKind::Source(operator) => visitor.visit_operator(operator),
        ExprKind::DataTable { values, .. } => exprs(visitor, values),
        ExprKind::ExternalData {
            locations,
            properties: with,
            ..
        } => {
            exprs(visitor, locations);
            properties(visitor, with);
        }
    }
}

fn pair<V: Visitor + ?Sized>(visitor: &mut V, first: &Expr, second: &Expr) {
    visitor.visit_expr(first);
    visitor.visit_expr(second);
}

fn exprs<'a, V: Visitor + ?Sized>(visitor: &mut V, exprs: impl IntoIterator<Item = &'a Expr>) {
    exprs.into_iter().for_each(|expr| visitor.visit_expr(expr));
}

fn named_exprs<'a, V: Visitor + ?Sized>(
    visitor: &mut V,
    named: impl IntoIterator<Item = &'a NamedExpr>,
) {
    named
        .into_iter()
        .for_each(|named| visitor.visit_named_expr(named));
}

fn properties<V: Visitor + ?Sized>(visitor: &mut V, properties: &[Property]) {
    properties
        .iter()
        .for_each(|property| visitor.visit_property(property));
}

fn parameters<V: Visitor + ?Sized>(visitor: &mut V, parameters: &[Parameter]) {
    parameters
        .iter()
        .for_each(|parameter| visitor.visit_parameter(parameter));
}
