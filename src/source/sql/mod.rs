//! Declarative `.sql` files: objects that schema.rs cannot say (views, routines, triggers,
//! policies, rules, domains, composite and range types, sequences, extensions, collations,
//! statistics, and comments on them).
//!
//! A file says what exists, as CREATE statements; ALTER stands only where CREATE cannot say it.
//! What [`write()`] writes, [`read`] reads back to an equal model.

mod alter;
mod clash;
mod comment;
mod index;
mod mistake;
mod object;
mod relation;
mod routine;
mod statement;
mod trigger;
mod types;
mod write;

pub use write::{write, write_with};

use crate::diagnostic::{Diagnostic, Place, Severity, SourceFile};
use crate::model::{Dialect, Model, Object, ObjectId};
use crate::sql::split::{StatementKind, StatementSpan, Statements};
use mistake::{Mistake, Read};
use statement::Statement;
use std::sync::Arc;

/// Reads one file into `into`. Findings name the place; where there is an error in a statement the
/// others are still read.
///
/// Schemas that are used without being declared are added, since a file of objects in a schema
/// means the schema.
#[must_use]
pub fn read(file: &Arc<SourceFile>, dialect: Dialect, into: &mut Model) -> Vec<Diagnostic> {
    let mut reader = Reader { file, model: into, found: Vec::new() };
    let mut later = Vec::new();
    for span in Statements::new(&file.text, dialect) {
        match span {
            Ok(span) => reader.first_pass(&span, dialect, &mut later),
            Err(error) => {
                let finding = Diagnostic::error("unterminated", error.to_string())
                    .at(reader.place(error.at..error.at + 1))
                    .label("opened here");
                reader.found.push(finding);
            }
        }
    }
    // Comments, ALTER and indexes speak of objects that may be created further down.
    for span in later {
        let mut statement = Statement::new(file, &span, dialect);
        let result = reader.second_pass(&mut statement);
        reader.note(&statement, result);
    }
    reader.found
}

struct Reader<'m> {
    file: &'m Arc<SourceFile>,
    model: &'m mut Model,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn place(&self, span: std::ops::Range<usize>) -> Place {
        Place { file: Arc::clone(self.file), span }
    }

    fn first_pass(
        &mut self,
        span: &StatementSpan,
        dialect: Dialect,
        later: &mut Vec<StatementSpan>,
    ) {
        let file = Arc::clone(self.file);
        let mut statement = Statement::new(&file, span, dialect);
        if statement.c.is_done() || statement.definition().is_empty() {
            return;
        }
        if span.kind != StatementKind::Sql {
            let what = if span.kind == StatementKind::MetaCommand {
                "a psql command cannot stand in a schema file"
            } else {
                "COPY cannot stand in a schema file"
            };
            let mistake = Mistake::new("not-a-declaration", what)
                .help("rows belong in seeds/ or in a migration; psql commands nowhere");
            return self.note(&statement, Err(mistake));
        }
        if statement.is_later() {
            later.push(span.clone());
            return;
        }
        let result = self.create(&mut statement);
        self.note(&statement, result);
    }

    fn create(&mut self, statement: &mut Statement) -> Read<()> {
        if let Some(mistake) = mistake::not_declarative(statement) {
            return Err(mistake);
        }
        if !statement.c.eat("CREATE") {
            return Err(mistake::unknown(statement));
        }
        let replace = statement.c.eat_words("OR REPLACE");
        let object = match statement.dialect() {
            Dialect::Postgres => create_postgres(statement, self.model, replace)?,
            Dialect::Sqlite => create_sqlite(statement)?,
        };
        if let Some(object) = object {
            self.add(statement, object)?;
        }
        Ok(())
    }

    fn second_pass(&mut self, statement: &mut Statement) -> Read<()> {
        if statement.c.eat_words("COMMENT ON") {
            comment::read(statement, self.model)
        } else if statement.c.eat("ALTER") {
            alter::read(statement, self.model)
        } else {
            index::read(statement, self.model)
        }
    }

    fn add(&mut self, statement: &Statement, object: Object) -> Read<()> {
        let id = object.id();
        if let Some(schema) = schema_of(&id) {
            statement::declare_schema(self.model, schema);
        }
        if let (ObjectId::Schema(name), true) = (&id, self.model.contains(&id)) {
            statement::declare_schema(self.model, name);
            return Ok(());
        }
        if self.model.contains(&id) {
            return Err(Mistake::new("duplicate", format!("{id} is declared twice"))
                .at(statement.head())
                .help("keep one of the two declarations"));
        }
        if let Some(other) = clash::with(self.model, &id) {
            return Err(Mistake::new("duplicate-name", format!("{id} has the name of {other}"))
                .at(statement.head())
                .help("give one of them another name"));
        }
        self.model.insert(object);
        Ok(())
    }

    fn note(&mut self, statement: &Statement, result: Read<()>) {
        if let Err(mistake) = result {
            let start = statement.offset;
            let span = mistake.span.clone().unwrap_or_else(|| statement.head());
            let place = self.place(start + span.start..start + span.end);
            let mut finding = Diagnostic::error(mistake.code, mistake.message).at(place);
            if mistake.warning {
                finding.severity = Severity::Warning;
            }
            finding.label = mistake.label;
            finding.help = mistake.help;
            self.found.push(finding);
        }
    }
}

fn create_postgres(s: &mut Statement, model: &Model, replace: bool) -> Read<Option<Object>> {
    let _ = replace;
    if s.c.is_word("TEMP") || s.c.is_word("TEMPORARY") {
        return Err(Mistake::new("temporary", "a temporary object lives only in a session")
            .help("remove TEMPORARY, or create it where it is used"));
    }
    let object = if s.c.is_word("VIEW") || s.c.is_words("RECURSIVE VIEW") {
        Object::View(Box::new(relation::view(s)?))
    } else if s.c.eat_words("MATERIALIZED VIEW") {
        Object::View(Box::new(relation::materialized(s)?))
    } else if s.c.is_word("FUNCTION") || s.c.is_word("PROCEDURE") {
        Object::Routine(Box::new(routine::routine(s)?))
    } else if s.c.eat("AGGREGATE") {
        Object::Routine(Box::new(routine::aggregate(s)?))
    } else if s.c.is_word("TRIGGER") || s.c.is_words("CONSTRAINT TRIGGER") {
        Object::Trigger(Box::new(trigger::trigger(s)?))
    } else if s.c.eat("RULE") {
        Object::Rule(Box::new(trigger::rule(s)?))
    } else if s.c.eat("POLICY") {
        Object::Policy(Box::new(trigger::policy(s)?))
    } else if s.c.eat("DOMAIN") {
        Object::Domain(Box::new(types::domain(s)?))
    } else if s.c.eat("TYPE") {
        types::create_type(s)?
    } else if s.c.is_word("SEQUENCE") || s.c.is_words("UNLOGGED SEQUENCE") {
        Object::Sequence(Box::new(object::sequence(s)?))
    } else if s.c.eat("EXTENSION") {
        match object::extension(s, model)? {
            Some(extension) => Object::Extension(Box::new(extension)),
            None => return Ok(None),
        }
    } else if s.c.eat("COLLATION") {
        Object::Collation(Box::new(object::collation(s)?))
    } else if s.c.eat("STATISTICS") {
        Object::Statistics(Box::new(object::statistics(s)?))
    } else if s.c.eat("SCHEMA") {
        match object::schema(s)? {
            Some(schema) => Object::Schema(Box::new(schema)),
            None => return Ok(None),
        }
    } else {
        return Err(mistake::unknown(s));
    };
    Ok(Some(object))
}

fn create_sqlite(s: &mut Statement) -> Read<Option<Object>> {
    if s.c.is_word("TEMP") || s.c.is_word("TEMPORARY") {
        return Err(Mistake::new("temporary", "a temporary object lives only in a connection")
            .help("remove TEMP, or create it where it is used"));
    }
    if s.c.is_word("VIEW") {
        return Ok(Some(Object::View(Box::new(relation::view(s)?))));
    }
    if s.c.is_word("TRIGGER") {
        return Ok(Some(Object::Trigger(Box::new(trigger::sqlite(s)?))));
    }
    Err(mistake::unknown(s))
}

fn schema_of(id: &ObjectId) -> Option<&str> {
    match id {
        ObjectId::Collation(name)
        | ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Sequence(name)
        | ObjectId::Table(name)
        | ObjectId::View(name)
        | ObjectId::Statistics(name) => name.schema.as_deref(),
        ObjectId::Routine(id) => id.name.schema.as_deref(),
        _ => None,
    }
}
