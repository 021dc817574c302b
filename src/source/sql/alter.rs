//! ALTER: only what CREATE cannot say.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use super::{object, types};
use crate::model::{Enabled, Model, OnTable, QName};

/// From behind `ALTER` on.
pub(super) fn read(s: &mut Statement, model: &mut Model) -> Read<()> {
    let mut owner = s.clone();
    owner.c.until(|c| c.is_words("OWNER TO"));
    if !owner.c.is_done() || s.c.is_words("DEFAULT PRIVILEGES") {
        return Err(Mistake::ignored("left out: dbkit does not manage owners and privileges"));
    }
    if s.c.eat("TABLE") {
        table(s, model)
    } else if s.c.eat("VIEW") {
        view(s, model)
    } else if s.c.eat_words("MATERIALIZED VIEW") {
        materialized(s, model)
    } else if s.c.eat("SEQUENCE") {
        let name = s.qname("a sequence")?;
        s.keyword("OWNED BY")?;
        let owner = object::owner(s, &name)?;
        let Some(sequence) = model.sequences.get_mut(&name) else {
            return Err(Mistake::missing("sequence", &name));
        };
        sequence.owned_by = owner;
        s.end()
    } else if s.c.eat("STATISTICS") {
        let name = s.qname("statistics")?;
        s.keyword("SET STATISTICS")?;
        let target = s.integer("a number")?;
        let Some(statistics) = model.statistics.get_mut(&name) else {
            return Err(Mistake::missing("statistics object", &name));
        };
        statistics.target = i32::try_from(target).ok().filter(|target| *target >= 0);
        s.end()
    } else if s.c.eat("DOMAIN") {
        domain(s, model)
    } else if s.c.eat("INDEX") {
        index(s, model)
    } else {
        Err(rewritten(s))
    }
}

/// A file states what is; a change to a declaration is made in the declaration.
fn rewritten(s: &Statement) -> Box<Mistake> {
    Mistake::new("not-a-declaration", "this ALTER can be said in the declaration itself")
        .at(s.head())
        .help("change the CREATE statement (or schema.rs for tables and enums)")
}

fn table(s: &mut Statement, model: &mut Model) -> Read<()> {
    s.c.eat_words("IF EXISTS");
    s.c.eat("ONLY");
    let table = s.qname("a table")?;
    let enabled = if s.c.eat("DISABLE") {
        Enabled::Disabled
    } else if s.c.eat_words("ENABLE REPLICA") {
        Enabled::Replica
    } else if s.c.eat_words("ENABLE ALWAYS") {
        Enabled::Always
    } else if s.c.eat("ENABLE") {
        Enabled::Origin
    } else {
        return Err(belongs_to_schema_rs(s));
    };
    let trigger = s.c.eat("TRIGGER");
    if !trigger && !s.c.eat("RULE") {
        return Err(belongs_to_schema_rs(s));
    }
    let id = OnTable { table, name: s.name("a name")? };
    let found = if trigger {
        model.triggers.get_mut(&id).map(|trigger| trigger.enabled = enabled)
    } else {
        model.rules.get_mut(&id).map(|rule| rule.enabled = enabled)
    };
    found.ok_or_else(|| Mistake::missing(if trigger { "trigger" } else { "rule" }, &id))?;
    s.end()
}

fn belongs_to_schema_rs(s: &Statement) -> Box<Mistake> {
    Mistake::new("table-in-sql-file", "tables are described in schema.rs")
        .at(s.head())
        .help("only ENABLE and DISABLE of triggers and rules stand in .sql files")
}

fn view(s: &mut Statement, model: &mut Model) -> Read<()> {
    let name = s.qname("a view")?;
    s.keyword("ALTER")?;
    s.c.eat("COLUMN");
    let column = s.name("a column")?;
    s.keyword("SET DEFAULT")?;
    let default = types::default(s)?;
    let Some(view) = model.views.get_mut(&name) else {
        return Err(Mistake::missing("view", &name));
    };
    view.column_defaults.insert(column, default);
    s.end()
}

fn materialized(s: &mut Statement, model: &mut Model) -> Read<()> {
    let name = s.qname("a materialized view")?;
    s.keyword("CLUSTER ON")?;
    let index = s.name("an index")?;
    let Some(view) = model.views.get_mut(&name) else {
        return Err(Mistake::missing("materialized view", &name));
    };
    let Some(index) = view.indexes.iter_mut().find(|i| i.name == index) else {
        return Err(Mistake::missing("index", index));
    };
    index.clustered = true;
    s.end()
}

fn domain(s: &mut Statement, model: &mut Model) -> Read<()> {
    let name = s.qname("a domain")?;
    let Some(domain) = model.domains.get_mut(&name) else {
        return Err(Mistake::missing("domain", &name));
    };
    if !s.c.eat("ADD") {
        return Err(rewritten(s));
    }
    types::constraint(s, domain)?;
    domain.checks.sort_by(|a, b| a.name.cmp(&b.name));
    s.end()
}

fn index(s: &mut Statement, model: &mut Model) -> Read<()> {
    let name: QName = s.qname("an index")?;
    s.keyword("ALTER")?;
    s.c.eat("COLUMN");
    let column = s.integer("the number of a column")?;
    s.keyword("SET STATISTICS")?;
    let target = s.integer("a number")?;
    let found = super::index::find(model, &name).ok_or_else(|| Mistake::missing("index", &name))?;
    if let (Ok(column), Ok(target)) = (u16::try_from(column), i32::try_from(target)) {
        found.statistics.insert(column, target);
    }
    s.end()
}
