//! What belongs to a table or view and stands beside it: triggers, rules, policies.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::model::{Enabled, Expr, OnTable, Policy, PolicyCommand, Rule, Trigger};
use crate::sql::lex::TokenKind;

/// From `[CONSTRAINT] TRIGGER` on.
pub(super) fn trigger(s: &mut Statement) -> Read<Trigger> {
    let constraint = if s.c.eat("CONSTRAINT") { "CONSTRAINT " } else { "" };
    s.keyword("TRIGGER")?;
    let start = s.c.position();
    let name = s.name("the trigger's name")?;
    s.c.until(|c| c.is_word("ON"));
    s.keyword("ON")?;
    let table = s.qname("a table")?;
    let definition = format!("CREATE {constraint}TRIGGER {}", s.c.slice(start..s.c.text.len()));
    if !crate::sql::names::mentioned(&definition, s.dialect()).contains("execute") {
        while s.c.bump().is_some() {}
        return Err(Mistake::expected(s, "EXECUTE FUNCTION"));
    }
    Ok(Trigger { id: OnTable { table, name }, definition, enabled: Enabled::Origin, comment: None })
}

/// SQLite's, from `TRIGGER` on. SQLite stores the text from the name on.
pub(super) fn sqlite(s: &mut Statement) -> Read<Trigger> {
    s.keyword("TRIGGER")?;
    s.if_not_exists();
    let start = s.c.position();
    let name = s.qname("the trigger's name")?;
    s.c.until(|c| c.is_word("ON"));
    s.keyword("ON")?;
    let table = s.qname("a table")?;
    let definition = format!("CREATE TRIGGER {}", s.c.slice(start..s.c.text.len()));
    let id = OnTable { table, name: name.name };
    Ok(Trigger { id, definition, enabled: Enabled::Origin, comment: None })
}

/// From behind `RULE` on.
pub(super) fn rule(s: &mut Statement) -> Read<Rule> {
    let start = s.c.position();
    let name = s.name("the rule's name")?;
    s.keyword("AS ON")?;
    s.name("an event")?;
    s.keyword("TO")?;
    let table = s.qname("a table or view")?;
    let definition = format!("CREATE RULE {}", s.c.slice(start..s.c.text.len()));
    Ok(Rule { id: OnTable { table, name }, definition, enabled: Enabled::Origin, comment: None })
}

/// From behind `POLICY` on.
pub(super) fn policy(s: &mut Statement) -> Read<Policy> {
    let name = s.name("the policy's name")?;
    s.keyword("ON")?;
    let table = s.qname("a table")?;
    let mut policy = Policy {
        id: OnTable { table, name },
        permissive: true,
        command: PolicyCommand::All,
        roles: vec!["public".to_owned()],
        using: None,
        with_check: None,
        comment: None,
    };
    if s.c.eat("AS") {
        policy.permissive = if s.c.eat("PERMISSIVE") {
            true
        } else {
            s.keyword("RESTRICTIVE")?;
            false
        };
    }
    if s.c.eat("FOR") {
        policy.command = command(s)?;
    }
    if s.c.eat("TO") {
        policy.roles = roles(s)?;
    }
    if s.c.eat("USING") {
        policy.using = Some(Expr::new(s.group("an expression in parentheses")?));
    }
    if s.c.eat_words("WITH CHECK") {
        policy.with_check = Some(Expr::new(s.group("an expression in parentheses")?));
    }
    s.end()?;
    Ok(policy)
}

fn command(s: &mut Statement) -> Read<PolicyCommand> {
    for (word, command) in [
        ("ALL", PolicyCommand::All),
        ("SELECT", PolicyCommand::Select),
        ("INSERT", PolicyCommand::Insert),
        ("UPDATE", PolicyCommand::Update),
        ("DELETE", PolicyCommand::Delete),
    ] {
        if s.c.eat(word) {
            return Ok(command);
        }
    }
    Err(Mistake::expected(s, "ALL, SELECT, INSERT, UPDATE or DELETE"))
}

fn roles(s: &mut Statement) -> Read<Vec<String>> {
    let mut roles = vec![s.name("a role")?];
    while s.c.eat_kind(TokenKind::Comma) {
        roles.push(s.name("a role")?);
    }
    let mut seen = std::collections::BTreeSet::new();
    roles.retain(|role| seen.insert(role.clone()));
    // PUBLIC stands for everybody, whatever stands beside it.
    if roles.iter().any(|role| role == "public") {
        roles = vec!["public".to_owned()];
    }
    Ok(roles)
}
