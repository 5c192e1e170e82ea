//! The Kusto Query Language: lexer, parser, tree, diagnostics, formatter, literal builder, Defender schema.
