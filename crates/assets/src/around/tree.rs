//! A neighbourhood as a tree of lines.

use super::neighbourhood::{Group, Neighbour, Neighbourhood};
use super::words::{heading, line, properties, title};

/// A line with those below it. Texts have no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The line.
    pub text: String,
    /// Those below it.
    pub below: Vec<Tree>,
}

/// With which characters branches are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Box drawing.
    Unicode,
    /// Bars and hyphens.
    Ascii,
}

impl Style {
    /// Before a line that others follow, before the last, and before the lines below each of them.
    fn branches(self) -> [&'static str; 4] {
        match self {
            Self::Unicode => ["├─ ", "└─ ", "│  ", "   "],
            Self::Ascii => ["|- ", "`- ", "|  ", "   "],
        }
    }
}

impl Neighbourhood {
    /// The node, what it says, and each group of neighbours.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let said = properties(self).into_iter().map(Tree::leaf);
        let groups = self.groups.iter().map(group);
        Tree {
            text: heading(self),
            below: said.chain(groups).collect(),
        }
    }
}

fn group(of: &Group) -> Tree {
    let more = of.left_out();
    let more = (more > 0).then(|| Tree::leaf(format!("... {more} more")));
    let neighbours = of.neighbours.iter().map(neighbour);
    Tree {
        text: title(of),
        below: neighbours.chain(more).collect(),
    }
}

fn neighbour(of: &Neighbour) -> Tree {
    Tree {
        text: line(of),
        below: of.groups.iter().map(group).collect(),
    }
}

impl Tree {
    fn leaf(text: String) -> Self {
        let below = Vec::new();
        Self { text, below }
    }

    /// The lines, each with its end.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let mut all = format!("{}\n", self.text);
        self.render_below(style, "", &mut all);
        all
    }

    fn render_below(&self, style: Style, before: &str, all: &mut String) {
        let [followed, last, bar, space] = style.branches();
        let last_index = self.below.len().saturating_sub(1);
        for (index, tree) in self.below.iter().enumerate() {
            let is_last = index == last_index;
            let (branch, rest) = if is_last {
                (last, space)
            } else {
                (followed, bar)
            };
            all.extend([before, branch, &tree.text, "\n"]);
            tree.render_below(style, &format!("{before}{rest}"), all);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_end_where_nothing_follows() {
        let leaf = |text: &str| Tree::leaf(text.to_owned());
        let branch = |text: &str, below| Tree {
            text: text.to_owned(),
            below,
        };
        let tree = branch(
            "a",
            vec![
                branch("b", vec![leaf("c"), leaf("d")]),
                branch("e", vec![leaf("f")]),
            ],
        );
        let unicode = "a\n├─ b\n│  ├─ c\n│  └─ d\n└─ e\n   └─ f\n";
        assert_eq!(tree.render(Style::Unicode), unicode);
        let ascii = "a\n|- b\n|  |- c\n|  `- d\n`- e\n   `- f\n";
        assert_eq!(tree.render(Style::Ascii), ascii);
    }
}
