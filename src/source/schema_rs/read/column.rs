//! One column: its type, and the attributes about its value and storage.

use super::super::ast::{self, Attribute, Span};
use super::super::types;
use super::args::{Args, options};
use super::catalog::{Found, Home, sql_name};
use super::default;
use super::draft::{Context, Draft};
use crate::dialect::{postgres, sqlite};
use crate::diff::Rename;
use crate::diff::Using;
use crate::model::{
    Check, Collation, Column, ColumnRef, ColumnValue, DataType, Dialect, Expr, GeneratedKind,
    Identity, IdentityMode, Mask, Options, QName, SequenceOptions, Storage, TypeName,
};

/// What a type path came to.
struct Resolved {
    ty: DataType,
    nullable: bool,
    /// The labels, where the type is an enum and the dialect has none.
    labels: Option<Vec<String>>,
    values: Vec<crate::diff::Value>,
    json_array: bool,
    serial: bool,
}

/// Attributes of a column that only describe its type.
#[derive(Default)]
struct TypeNotes {
    sql_type: Option<(String, Span)>,
    max_length: Option<u32>,
    precision: Option<String>,
}

/// Reads the column and adds it to the draft. The attributes that make constraints and indexes are
/// handed back.
pub fn read<'a>(
    column: &'a ast::Column,
    draft: &mut Draft,
    context: &mut Context<'_>,
) -> Vec<&'a Attribute> {
    let notes = type_notes(column, context);
    let resolved = resolve(&column.ty, &notes, &draft.home, context);
    let name = sql_name(&column.name, &column.notes);
    let at = draft.table.columns.len();
    let mut out = Column {
        name,
        ty: resolved.ty,
        nullable: resolved.nullable,
        value: ColumnValue::None,
        collation: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Options::new(),
        inherited: false,
        not_null_conflict: None,
        comment: column.notes.doc.clone(),
    };
    if resolved.serial {
        draft.serials.push(at);
    }
    let labels = resolved.labels.as_deref();
    let mut constraints = Vec::new();
    let mut value_span = None;
    for attribute in &column.notes.attributes {
        if !attribute_of(attribute, &mut out, &mut value_span, draft, context, labels) {
            constraints.push(attribute);
        }
    }
    if let (ColumnValue::Identity(identity), TypeName::Builtin(ty)) = (&mut out.value, &out.ty.name)
    {
        identity.options = std::mem::take(&mut identity.options).normalised(ty);
    }
    if context.dialect == Dialect::Sqlite {
        let quoted = sqlite::quote::ident(&out.name);
        if let Some(labels) = &resolved.labels {
            if !resolved.values.is_empty() {
                let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
                context.conversions.values.insert(place, resolved.values.clone());
            }
            let labels: Vec<String> = labels.iter().map(|l| sqlite::quote::literal(l)).collect();
            add_check(draft, format!("{quoted} IN ({})", labels.join(", ")), &column.name.span);
        }
        if resolved.json_array {
            add_check(draft, format!("json_valid({quoted})"), &column.name.span);
        }
    }
    draft.table.columns.push(out);
    draft.column_spans.push(column.name.span.clone());
    constraints
}

fn add_check(draft: &mut Draft, expr: String, span: &Span) {
    draft.table.checks.push(Check {
        name: None,
        expr: Expr::new(expr),
        not_valid: false,
        no_inherit: false,
        inherited: false,
        comment: None,
    });
    draft.check_spans.push(span.clone());
}

fn type_notes(column: &ast::Column, context: &mut Context<'_>) -> TypeNotes {
    let mut notes = TypeNotes::default();
    for attribute in &column.notes.attributes {
        let mut args = Args::new(attribute, &[]);
        match attribute.name.text.as_str() {
            "sql_type" => notes.sql_type = args.first_text(),
            "max_length" => {
                let length = args.first_integer().and_then(|n| u32::try_from(n).ok());
                if length.is_none_or(|n| n == 0) {
                    context
                        .mistakes
                        .add("wrong-value", &args.span, "`max_length` takes a number above 0")
                        .help("write #[max_length = 36]");
                }
                notes.max_length = length.filter(|n| *n > 0);
            }
            "precision" => {
                let first = args.first_integer();
                let second = args.first_integer();
                notes.precision = match (first, second) {
                    (Some(p), Some(s)) => Some(format!("{p},{s}")),
                    (Some(p), None) => Some(p.to_string()),
                    _ => {
                        context
                            .mistakes
                            .add("wrong-value", &args.span, "`precision` takes one or two numbers")
                            .help("write #[precision(10, 2)] or #[precision = 3]");
                        None
                    }
                };
            }
            _ => continue,
        }
        args.finish(context.mistakes);
    }
    notes
}

/// Takes `Nullable<…>` and `Array<…>` off and looks the name up.
fn resolve(ty: &ast::Type, notes: &TypeNotes, home: &Home, context: &mut Context<'_>) -> Resolved {
    let mut nullable = false;
    let mut array = false;
    let mut inner = ty;
    while let Some(wrapper @ ("Nullable" | "Array")) = inner.path.last().map(|n| n.text.as_str()) {
        let [argument] = inner.arguments.as_slice() else { break };
        match wrapper {
            "Array" => array = true,
            _ if !array => nullable = true,
            // PostgreSQL lets every element be NULL: Nullable inside an array says nothing.
            _ => {}
        }
        inner = argument;
    }
    let mut out = Resolved {
        ty: DataType::builtin("text"),
        nullable,
        labels: None,
        values: Vec::new(),
        json_array: false,
        serial: false,
    };
    let ident = inner.path.last().map(|n| n.text.clone()).unwrap_or_default();
    out.serial = matches!(ident.as_str(), "SmallSerial" | "Serial" | "BigSerial");
    if let Some((sql, span)) = &notes.sql_type {
        out.ty = match context.dialect {
            Dialect::Sqlite => sqlite::types::parse(sql),
            Dialect::Postgres => postgres::types::parse(sql).unwrap_or_else(|error| {
                context.mistakes.add("unknown-type", span, error.to_string()).help(
                    "write the type as SQL does: \"numeric(10,2)\", \"citext\", \"my_type[]\"",
                );
                unresolved()
            }),
        };
        return out;
    }
    if ident.is_empty() {
        out.ty = unresolved();
        return out;
    }
    let path: Vec<&str> = inner.path.iter().map(|name| name.text.as_str()).collect();
    let found = match path.as_slice() {
        // Diesel's own, whatever else has the name.
        [.., "diesel", "sql_types", _] => Found::Nothing,
        [.., qualifier, _] => context.catalog.data_type(&ident, Some(qualifier), home),
        _ => context.catalog.data_type(&ident, None, home),
    };
    match found {
        Found::One(found) => {
            out.labels = (!array).then(|| found.labels.clone()).flatten();
            out.values.clone_from(&found.values);
            out.ty = match context.dialect {
                Dialect::Postgres => with_length(found.ty.clone(), notes.max_length),
                Dialect::Sqlite => DataType::builtin("TEXT"),
            };
        }
        Found::Several => {
            context
                .mistakes
                .add("ambiguous-name", &inner.span, format!("several types are called `{ident}`"))
                .help(format!("write the Rust module before it: `super::module::{ident}`"));
            out.ty = unresolved();
        }
        Found::Nothing => out.ty = named(inner, &ident, notes, context),
    }
    if array {
        match context.dialect {
            Dialect::Postgres => out.ty.array = true,
            Dialect::Sqlite => {
                out.ty = DataType::builtin("TEXT");
                out.json_array = true;
            }
        }
    }
    out
}

fn with_length(ty: DataType, length: Option<u32>) -> DataType {
    match length {
        Some(n) => DataType { modifier: Some(n.to_string()), ..ty },
        None => ty,
    }
}

/// A type Diesel knows by name, `Range<…>` included.
fn named(ty: &ast::Type, ident: &str, notes: &TypeNotes, context: &mut Context<'_>) -> DataType {
    let ident = match (ident, ty.arguments.as_slice()) {
        ("Range" | "Multirange", [element]) => {
            let element = element.path.last().map_or("", |n| n.text.as_str());
            let base = match element {
                "Int4" | "Integer" => "Int4",
                "Int8" | "BigInt" | "Bigint" => "Int8",
                "Numeric" | "Decimal" => "Num",
                "Timestamp" => "Ts",
                "Timestamptz" => "Tstz",
                "Date" => "Date",
                other => other,
            };
            format!("{base}{}", ident.to_lowercase())
        }
        ("SmallSerial", _) => "SmallInt".to_owned(),
        ("Serial", _) => "Integer".to_owned(),
        ("BigSerial", _) => "BigInt".to_owned(),
        _ => ident.to_owned(),
    };
    if notes.precision.is_some() && !types::takes_precision(&ident) {
        context
            .mistakes
            .add("wrong-attribute", &ty.span, format!("`{ident}` has no precision"))
            .help("remove #[precision], or choose Numeric, Time, Timestamp or Interval");
    }
    if notes.max_length.is_some()
        && types::from_diesel(Dialect::Postgres, &ident, None, None).is_some()
        && !types::takes_length(&ident)
    {
        context
            .mistakes
            .add("wrong-attribute", &ty.span, format!("`{ident}` has no length"))
            .help("remove #[max_length], or choose Varchar or Bpchar");
    }
    let precision = notes.precision.as_deref();
    if let Some(found) = types::from_diesel(context.dialect, &ident, notes.max_length, precision) {
        return found;
    }
    let known: Vec<&str> = match context.dialect {
        Dialect::Postgres => postgres::types::diesel_names().collect(),
        Dialect::Sqlite => sqlite::types::diesel_names().collect(),
    };
    let elsewhere = types::from_diesel(Dialect::Postgres, &ident, None, None).is_some();
    if elsewhere {
        context
            .mistakes
            .add(
                "no-equivalent",
                &ty.span,
                format!("{} has no type for `{ident}`", context.dialect.title()),
            )
            .help("say how it is stored: #[sql_type = \"TEXT\"]");
    } else {
        let all: Vec<&str> = known.into_iter().chain(context.catalog.type_idents()).collect();
        let near = dbkit_syntax::nearest(&ident, all.iter().copied());
        let help = match (ident.as_str(), near) {
            ("Nullable" | "Array", _) => format!("write `{ident}<Text>`, of one type"),
            (_, Some(near)) if ty.arguments.is_empty() => format!("did you mean `{near}`?"),
            (_, _) if !ty.arguments.is_empty() => {
                "ranges are of Integer, BigInt, Numeric, Date, Timestamp or Timestamptz; \
                 name any SQL type with #[sql_type = \"…\"]"
                    .to_owned()
            }
            _ => "declare an `enum` of that name, or name any SQL type: #[sql_type = \"…\"]"
                .to_owned(),
        };
        context
            .mistakes
            .add("unknown-type", &ty.span, format!("there is no type `{}`", written(ty)))
            .help(help);
    }
    unresolved()
}

/// The type's last name, with what it is of: `Range<Text>`.
fn written(ty: &ast::Type) -> String {
    let name = ty.path.last().map_or("", |name| &name.text);
    if ty.arguments.is_empty() {
        return name.to_owned();
    }
    let of: Vec<String> = ty.arguments.iter().map(written).collect();
    format!("{name}<{}>", of.join(", "))
}

/// Stands for a type that is a mistake already, so that nothing else is said about it.
fn unresolved() -> DataType {
    DataType::user(QName::bare(""))
}

/// Heeds one attribute; false when it is one that makes a constraint or index.
fn attribute_of(
    attribute: &Attribute,
    out: &mut Column,
    value_span: &mut Option<(Span, &'static str)>,
    draft: &mut Draft,
    context: &mut Context<'_>,
    labels: Option<&[String]>,
) -> bool {
    let at = draft.table.columns.len();
    let mut args = Args::new(attribute, &[]);
    let span = args.span.clone();
    let mistakes = &mut *context.mistakes;
    let dialect = context.dialect;
    let only = |only: Dialect, mistakes: &mut super::mistakes::Mistakes| {
        if only != dialect {
            mistakes.no_equivalent(dialect, &span, &attribute.name.text);
        }
    };
    let mut set_value = |value: ColumnValue,
                         what: &'static str,
                         out: &mut Column,
                         mistakes: &mut super::mistakes::Mistakes| {
        if let Some((_, before)) = value_span {
            mistakes
                .add(
                    "two-values",
                    &span,
                    format!("column `{}` has both `{before}` and `{what}`", out.name),
                )
                .help("keep one of them");
            false
        } else {
            *value_span = Some((span.clone(), what));
            out.value = value;
            true
        }
    };
    match attribute.name.text.as_str() {
        "sql_type" | "max_length" | "precision" => return true,
        "sql_name" => {
            args.first_text();
        }
        "comment" => out.comment = args.first_text().map(|(text, _)| text).or(out.comment.take()),
        "default" => {
            if let Some((expr, place)) = first_expr(&mut args) {
                default::check(&expr, &place, &out.ty, labels, dialect, mistakes);
                let expr = match dialect {
                    Dialect::Sqlite => sqlite_expr(&expr),
                    Dialect::Postgres => expr,
                };
                set_value(ColumnValue::Default(Expr::new(expr)), "default", out, mistakes);
            } else {
                mistakes
                    .add("wrong-value", &span, "`default` takes an SQL expression as a string")
                    .help("write #[default = \"now()\"], and for a text #[default = \"'a'\"]");
            }
        }
        "serial" => {
            if set_value(ColumnValue::None, "serial", out, mistakes) {
                draft.serials.push(at);
            }
        }
        "autoincrement" => {
            if set_value(ColumnValue::None, "autoincrement", out, mistakes) {
                autoincrement(out, &span, draft, context.dialect, mistakes);
            }
        }
        "identity" => {
            let identity = identity(&mut args, mistakes);
            let options = ["sequence", "start", "increment", "min", "max", "cache", "cycle"];
            args.only_on(Dialect::Postgres, &options, dialect, mistakes);
            if dialect == Dialect::Sqlite {
                if set_value(ColumnValue::None, "identity", out, mistakes) {
                    autoincrement(out, &span, draft, context.dialect, mistakes);
                }
            } else {
                set_value(ColumnValue::Identity(identity), "identity", out, mistakes);
            }
        }
        "generated" => {
            let kind = if args.flag("virtual", mistakes) {
                GeneratedKind::Virtual
            } else {
                args.flag("stored", mistakes);
                GeneratedKind::Stored
            };
            match args.first_text() {
                Some((expr, _)) => {
                    let value = ColumnValue::Generated { expr: Expr::new(expr), kind };
                    set_value(value, "generated", out, mistakes);
                }
                None => {
                    mistakes
                        .add("wrong-value", &span, "`generated` takes an SQL expression")
                        .help("write #[generated = \"price * amount\"]");
                }
            }
        }
        "collate" => {
            let schema = args.text("schema", mistakes);
            args.only_on(Dialect::Postgres, &["schema"], dialect, mistakes);
            out.collation = args.first_text().map(|(name, _)| Collation(QName { schema, name }));
        }
        "storage" => {
            only(Dialect::Postgres, mistakes);
            let choices = [
                ("plain", Storage::Plain),
                ("external", Storage::External),
                ("extended", Storage::Extended),
                ("main", Storage::Main),
            ];
            out.storage = args.positional().first().and_then(|arg| match arg {
                ast::Arg::Value(value) => super::args::choice("storage", value, &choices, mistakes),
                _ => None,
            });
        }
        "compression" => {
            only(Dialect::Postgres, mistakes);
            out.compression = args.first_word();
        }
        "statistics" => {
            only(Dialect::Postgres, mistakes);
            out.statistics = args.first_integer().and_then(|n| i32::try_from(n).ok());
        }
        "options" => {
            only(Dialect::Postgres, mistakes);
            out.options = options(&args.all(), mistakes);
        }
        "inherited" => {
            only(Dialect::Postgres, mistakes);
            out.inherited = true;
        }
        "nullable" => out.nullable = true,
        "not_null" => {
            only(Dialect::Sqlite, mistakes);
            out.not_null_conflict = args.on_conflict(mistakes);
        }
        "on_update" => match first_expr(&mut args) {
            Some((expr, _)) => draft.on_updates.push((at, expr)),
            None => {
                mistakes
                    .add("wrong-value", &span, "`on_update` takes an SQL expression")
                    .help("write #[on_update = \"now()\"]");
            }
        },
        "pii" => {
            let word = args.choice("mask", &Mask::WORDS, mistakes);
            let mask = word.or_else(|| match args.positional().first() {
                Some(ast::Arg::Value(value)) => {
                    super::args::choice("pii", value, &Mask::WORDS, mistakes)
                }
                _ => None,
            });
            let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
            context.personal.insert(place, mask);
        }
        "renamed_from" => {
            if let Some((from, _)) = args.first_text() {
                context.renames.push(Rename::Column {
                    table: draft.table.name.clone(),
                    from,
                    to: out.name.clone(),
                });
            }
        }
        "using" => {
            let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
            let there = args.first_text();
            let back = args.text("back", mistakes);
            let old = args.text("from", mistakes).and_then(|sql| match context.dialect {
                Dialect::Sqlite => Some(sqlite::types::parse(&sql)),
                Dialect::Postgres => postgres::types::parse(&sql).ok(),
            });
            match (there, old) {
                (Some((there, _)), Some(old)) => {
                    let using = Using { old, there, back, reversed: false };
                    context.conversions.using.insert(place, using);
                }
                _ => {
                    mistakes
                        .add(
                            "wrong-value",
                            &span,
                            "`using` takes an SQL expression and the type it starts from",
                        )
                        .help("write #[using(\"price::integer\", from = \"text\", back = \"price::text\")]");
                }
            }
        }
        _ => return false,
    }
    args.finish(mistakes);
    true
}

/// `#[default = "now()"]`; a number or `true` may stand without quotes.
fn first_expr(args: &mut Args<'_>) -> Option<(String, Span)> {
    if let Some(found) = args.first_text() {
        return Some(found).filter(|(text, _)| !text.trim().is_empty());
    }
    let positional = args.positional();
    match positional.first() {
        Some(ast::Arg::Value(value)) => match &value.kind {
            ast::ValueKind::Integer(number) => Some((number.to_string(), value.span.clone())),
            ast::ValueKind::Bool(on) => Some((on.to_string(), value.span.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// What PostgreSQL calls `now()` has another name.
pub fn sqlite_expr(expr: &str) -> String {
    match expr.trim().to_ascii_lowercase().as_str() {
        "now()" | "current_timestamp" | "transaction_timestamp()" => "CURRENT_TIMESTAMP".to_owned(),
        "current_date" => "CURRENT_DATE".to_owned(),
        "current_time" | "localtime" => "CURRENT_TIME".to_owned(),
        _ => expr.to_owned(),
    }
}

fn identity(args: &mut Args<'_>, mistakes: &mut super::mistakes::Mistakes) -> Identity {
    let by_default = args.flag("by_default", mistakes);
    args.flag("always", mistakes);
    let sequence = args.text("sequence", mistakes).and_then(|name| qname(&name));
    let mut number = |key| args.integer(key, mistakes);
    let options = SequenceOptions {
        start: number("start"),
        increment: number("increment"),
        min: number("min"),
        max: number("max"),
        cache: number("cache"),
        cycle: false,
    };
    let cycle = args.flag("cycle", mistakes);
    Identity {
        mode: if by_default { IdentityMode::ByDefault } else { IdentityMode::Always },
        sequence,
        options: SequenceOptions { cycle, ..options },
    }
}

/// A possibly qualified, possibly quoted SQL name.
pub fn qname(text: &str) -> Option<QName> {
    postgres::types::parse_name(text).ok()
}

/// SQLite's own counter works only for the rowid, which a lone `INTEGER` key is.
pub fn autoincrement(
    out: &mut Column,
    span: &Span,
    draft: &Draft,
    dialect: Dialect,
    mistakes: &mut super::mistakes::Mistakes,
) {
    if dialect == Dialect::Postgres {
        out.value = ColumnValue::Identity(Identity {
            mode: IdentityMode::ByDefault,
            sequence: None,
            options: SequenceOptions::default(),
        });
        return;
    }
    let alone = draft
        .table
        .primary_key
        .as_ref()
        .is_some_and(|key| matches!(key.columns.as_slice(), [only] if *only == out.name));
    if !alone {
        mistakes
            .add(
                "no-equivalent",
                span,
                format!("SQLite counts only for a primary key of one column, not `{}`", out.name),
            )
            .help("make it the primary key, or remove the attribute");
        return;
    }
    out.ty =
        DataType { name: TypeName::Builtin("INTEGER".to_owned()), modifier: None, array: false };
    out.value = ColumnValue::Identity(Identity {
        mode: IdentityMode::Autoincrement,
        sequence: None,
        options: SequenceOptions::default(),
    });
}
