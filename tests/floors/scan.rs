//! What a source file names, read from its tokens: `use` trees, inline paths, macro arguments and test modules alike.
//! Methods are called without a path and stay unseen.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A path such as `["yaml", "parse"]`: absolute, without `crate`.
pub(crate) type Path = Vec<String>;

/// One source file.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Every path into the crate that the file names, with its line.
    pub(crate) named: Vec<(usize, Path)>,
    /// Crates of others that are named by a path or a `use`, with the line.
    pub(crate) foreign: Vec<(usize, String)>,
    /// The functions at the top of the file.
    pub(crate) functions: BTreeSet<String>,
    /// From which of those functions which path, or which function of the same file, is named.
    pub(crate) calls: Vec<(String, Path)>,
}

/// Reads the tokens of the module `module`, whose own file declares `children`.
///
/// # Errors
/// What is no Rust.
pub(crate) fn scan(text: &str, module: &[&str]) -> Result<Scan, String> {
    let tokens: TokenStream = text.parse().map_err(|error| format!("{error}"))?;
    let module: Path = module.iter().map(|part| (*part).to_owned()).collect();
    let mut scanner = Scanner { file: module.clone(), ..Scanner::default() };
    scanner.declarations(tokens.clone(), &module);
    scanner.walk(tokens, &module, None);
    Ok(scanner.found)
}

#[derive(Default)]
struct Scanner {
    file: Path,
    children: BTreeSet<String>,
    aliases: BTreeMap<String, Path>,
    found: Scan,
}

/// Where in the file the walk is: the function of the file that the tokens belong to.
type Owner<'a> = Option<&'a str>;

impl Scanner {
    /// First pass: modules, functions and imported names, wherever they stand.
    fn declarations(&mut self, tokens: TokenStream, module: &Path) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut index = 0;
        while index < tokens.len() {
            match (&tokens[index], tokens.get(index + 1)) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => {
                    match tokens.get(index + 2) {
                        Some(TokenTree::Group(body)) => {
                            self.declarations(body.stream(), &below(module, name));
                            index += 2;
                        }
                        _ if *module == self.file => drop(self.children.insert(name.to_string())),
                        _ => {}
                    }
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" && *module == self.file => {
                    self.found.functions.insert(name.to_string());
                }
                // Methods are no functions of the file.
                (TokenTree::Ident(word), _) if word == "impl" || word == "trait" => {
                    while index + 1 < tokens.len() && !is_brace(&tokens[index]) {
                        index += 1;
                    }
                }
                (TokenTree::Ident(word), _) if word == "use" => {
                    for (_, path, alias) in paths(&tokens, index + 1, module, &self.aliases, &self.children).0 {
                        self.aliases.insert(alias, path);
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }

    /// Second pass: every path.
    fn walk(&mut self, tokens: TokenStream, module: &Path, owner: Owner<'_>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut function: Option<String> = None;
        let mut index = 0;
        while index < tokens.len() {
            match &tokens[index] {
                TokenTree::Ident(word) if word == "mod" && is_brace_at(&tokens, index + 2) => {
                    if let (TokenTree::Ident(name), TokenTree::Group(body)) = (&tokens[index + 1], &tokens[index + 2]) {
                        self.walk(body.stream(), &below(module, name), None);
                    }
                    index += 3;
                    continue;
                }
                TokenTree::Ident(word) if word == "fn" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(index + 1) {
                        function = Some(name.to_string());
                        index += 2;
                        continue;
                    }
                }
                TokenTree::Ident(word) if word == "impl" && owner.is_none() && function.is_none() => {
                    // Its methods are not callees, so what they name counts for the floors only.
                    function = Some(String::new());
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => function = None,
                TokenTree::Ident(word) if !follows_path_or_dot(&tokens, index) => {
                    let line = word.span().start().line;
                    let name = word.to_string();
                    let owned = owner.or(function.as_deref()).unwrap_or_default().to_owned();
                    if is_path_start(&tokens, index) {
                        let (read, end) = paths(&tokens, index, module, &self.aliases, &self.children);
                        for (line, path, _) in read {
                            if !owned.is_empty() {
                                self.found.calls.push((owned.clone(), path.clone()));
                            }
                            self.found.named.push((line, path));
                        }
                        if end > index {
                            index = end;
                            continue;
                        }
                        if !name.starts_with(char::is_uppercase) {
                            self.found.foreign.push((line, name));
                        }
                    } else if tokens.get(index.wrapping_sub(1)).is_some_and(|before| is_word(before, "use")) {
                        self.found.foreign.push((line, name));
                    } else if !owned.is_empty() {
                        let called = matches!(tokens.get(index + 1), Some(TokenTree::Group(group))
                            if group.delimiter() == Delimiter::Parenthesis);
                        if let Some(path) = self.aliases.get(&name) {
                            self.found.calls.push((owned, path.clone()));
                        } else if called && self.found.functions.contains(&name) && *module == self.file {
                            let mut path = self.file.clone();
                            path.push(name);
                            self.found.calls.push((owned, path));
                        }
                    }
                }
                TokenTree::Group(group) => {
                    let inner = match (owner, &function) {
                        (Some(owner), _) => Some(owner.to_owned()),
                        (None, Some(name)) if !name.is_empty() => Some(name.clone()),
                        (None, _) => None,
                    };
                    self.walk_group(group.stream(), module, inner.as_deref(), function.as_deref() == Some(""));
                    if is_brace(&tokens[index]) {
                        function = None;
                    }
                }
                _ => {}
            }
            index += 1;
        }
    }

    /// The body of an `impl`: its functions own what they name under a name that no path leads to.
    fn walk_group(&mut self, tokens: TokenStream, module: &Path, owner: Owner<'_>, methods: bool) {
        let owner = if methods { Some("impl") } else { owner };
        self.walk(tokens, module, owner);
    }
}

/// The paths of the `use` tree or inline path at `start`, each with its line and the name that it brings in, and the index
/// after it; the index is `start` where the path does not lead into this crate.
fn paths(
    tokens: &[TokenTree],
    start: usize,
    module: &Path,
    aliases: &BTreeMap<String, Path>,
    children: &BTreeSet<String>,
) -> (Vec<(usize, Path, String)>, usize) {
    let mut base = module.clone();
    let mut index = start;
    let Some(TokenTree::Ident(first)) = tokens.get(start) else { return (Vec::new(), start) };
    let first_name = first.to_string();
    match first_name.as_str() {
        "crate" | "gitops_gen" => base.clear(),
        "self" => {}
        "super" => drop(base.pop()),
        name if is_path_start(tokens, start) && aliases.contains_key(name) => base.clone_from(&aliases[name]),
        name if is_path_start(tokens, start) && children.contains(name) => base.push(name.to_owned()),
        _ => return (Vec::new(), start),
    }
    if !is_path_start(tokens, start) {
        return (Vec::new(), start);
    }
    index += 3;
    while matches!(tokens.get(index), Some(TokenTree::Ident(word)) if word == "super") && is_path_start(tokens, index) {
        base.pop();
        index += 3;
    }
    let mut found = Vec::new();
    let end = tree(tokens, index, &base, first.span().start().line, &mut found);
    (found, end)
}

/// One branch of a `use` tree; returns the index after it.
fn tree(
    tokens: &[TokenTree],
    mut index: usize,
    base: &Path,
    line: usize,
    out: &mut Vec<(usize, Path, String)>,
) -> usize {
    let mut path = base.clone();
    let mut line = line;
    loop {
        match tokens.get(index) {
            Some(TokenTree::Ident(word)) => {
                line = word.span().start().line;
                if word != "self" {
                    path.push(word.to_string());
                }
                index += 1;
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace && ends_in_colons(tokens, index) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let mut at = 0;
                while at < inner.len() {
                    let before = at;
                    at = tree(&inner, at, &path, line, out);
                    while at < inner.len() && !is_punct(&inner[at], ',') {
                        at += 1;
                    }
                    at = at.max(before) + 1;
                }
                return index + 1;
            }
            _ => break,
        }
        if is_colons(tokens, index) {
            index += 2;
            // A turbofish ends the path.
            if tokens.get(index).is_some_and(|token| is_punct(token, '<')) {
                break;
            }
        } else {
            break;
        }
    }
    let mut alias = path.last().cloned().unwrap_or_default();
    if let (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name))) = (tokens.get(index), tokens.get(index + 1))
        && word == "as"
    {
        alias = name.to_string();
        index += 2;
    }
    out.push((line, path, alias));
    index
}

fn below(module: &Path, name: &Ident) -> Path {
    module.iter().cloned().chain([name.to_string()]).collect()
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_brace_at(tokens: &[TokenTree], index: usize) -> bool {
    tokens.get(index).is_some_and(is_brace)
}

fn is_colons(tokens: &[TokenTree], index: usize) -> bool {
    tokens.get(index).is_some_and(|token| is_punct(token, ':'))
        && tokens.get(index + 1).is_some_and(|token| is_punct(token, ':'))
}

fn ends_in_colons(tokens: &[TokenTree], index: usize) -> bool {
    index == 0 || (index >= 2 && is_colons(tokens, index - 2))
}

fn is_path_start(tokens: &[TokenTree], index: usize) -> bool {
    is_colons(tokens, index + 1)
}

fn follows_path_or_dot(tokens: &[TokenTree], index: usize) -> bool {
    index > 0 && (is_punct(&tokens[index - 1], '.') || (index > 1 && is_colons(tokens, index - 2)))
}
