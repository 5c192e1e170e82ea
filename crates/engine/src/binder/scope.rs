//! Names that `let` statements and function parameters declare.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tesem_kql::ast::FunctionDeclaration;

use super::relation::Relation;
use crate::bound::Bound;

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Binding<'q> {
    /// A value; its expression is repeated wherever the name is used.
    Scalar {
        /// The value.
        bound: Bound,
        /// How many expression nodes a use of it costs.
        size: usize,
    },
    /// Rows.
    Table(Relation),
    /// A function, with the names that were in scope where it was declared.
    Function(UserFunction<'q>),
}

/// A function that the query declares.
#[derive(Clone)]
pub(crate) struct UserFunction<'q> {
    /// As written.
    pub(crate) declaration: &'q FunctionDeclaration,
    /// The names its body can see.
    pub(crate) scope: Scope<'q>,
}

/// A view of the declared names: a block and everything around it, up to a point in the text.
#[derive(Clone)]
pub(crate) struct Scope<'q> {
    block: Rc<Block<'q>>,
    visible: usize,
}

/// A declaration and its serial number in the block.
type Declared<'q> = (usize, Rc<Binding<'q>>);

struct Block<'q> {
    parent: Option<Scope<'q>>,
    is_function: bool,
    /// The declarations of each name with their serial numbers, oldest first.
    names: RefCell<HashMap<String, Vec<Declared<'q>>>>,
    declared: RefCell<usize>,
}

impl<'q> Scope<'q> {
    /// The outermost scope.
    pub(crate) fn root() -> Self {
        Self::block(None, false)
    }

    /// The scope of a function's parameters and body.
    pub(crate) fn function(&self) -> Self {
        Self::block(Some(self.snapshot()), true)
    }

    /// A scope for the declarations of a part of a query.
    pub(crate) fn nested(&self) -> Self {
        Self::block(Some(self.snapshot()), false)
    }

    fn block(parent: Option<Self>, is_function: bool) -> Self {
        Self {
            block: Rc::new(Block {
                parent,
                is_function,
                names: RefCell::default(),
                declared: RefCell::new(0),
            }),
            visible: usize::MAX,
        }
    }

    /// This scope as it is now: later declarations are not seen.
    pub(crate) fn snapshot(&self) -> Self {
        Self {
            block: Rc::clone(&self.block),
            visible: self.visible.min(*self.block.declared.borrow()),
        }
    }

    /// Declares a name; a later declaration of the same name wins.
    pub(crate) fn declare(&self, name: &str, binding: Binding<'q>) {
        let mut declared = self.block.declared.borrow_mut();
        self.block
            .names
            .borrow_mut()
            .entry(name.to_owned())
            .or_default()
            .push((*declared, Rc::new(binding)));
        *declared += 1;
    }

    /// What a name stands for.
    pub(crate) fn find(&self, name: &str) -> Option<Rc<Binding<'q>>> {
        self.find_in(name, |_| true)
    }

    /// What a name stands for among the parameters and locals of the functions around.
    pub(crate) fn find_local(&self, name: &str) -> Option<Rc<Binding<'q>>> {
        self.find_in(name, |block| block.is_function)
    }

    fn find_in(&self, name: &str, accept: impl Fn(&Block<'q>) -> bool) -> Option<Rc<Binding<'q>>> {
        let mut scope = Some(self);
        while let Some(Self { block, visible }) = scope {
            if accept(block)
                && let Some(found) = block.newest(name, *visible)
            {
                return Some(found);
            }
            scope = block.parent.as_ref();
        }
        None
    }

    /// The functions declared with the word `view`, in text order: wildcards find them.
    pub(crate) fn views(&self) -> Vec<String> {
        let mut views = Vec::new();
        let mut scope = Some(self);
        while let Some(Self { block, visible }) = scope {
            for (name, declarations) in block.names.borrow().iter() {
                for (serial, binding) in declarations {
                    let is_view = matches!(&**binding, Binding::Function(function) if function.declaration.view);
                    if is_view && serial < visible {
                        views.push((*serial, name.clone()));
                    }
                }
            }
            scope = block.parent.as_ref();
        }
        views.sort();
        views.into_iter().map(|(_, name)| name).collect()
    }

    /// Forgets the declarations of this block: a function holds the scope it is declared in, which would never be freed.
    pub(crate) fn clear(&self) {
        self.block.names.borrow_mut().clear();
    }

    /// All names, for suggestions.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut scope = Some(self);
        while let Some(Self { block, .. }) = scope {
            names.extend(block.names.borrow().keys().cloned());
            scope = block.parent.as_ref();
        }
        names.sort();
        names
    }
}

impl<'q> Block<'q> {
    fn newest(&self, name: &str, visible: usize) -> Option<Rc<Binding<'q>>> {
        let names = self.names.borrow();
        let declarations = names.get(name)?;
        let found = declarations
            .iter()
            .rev()
            .find(|(serial, _)| *serial < visible)?;
        Some(Rc::clone(&found.1))
    }
}
