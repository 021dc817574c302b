use crate::Error;
use crate::model::{Activity, NewProject, NewUser, Project, ProjectChanges, User};
use crate::schema::{ProjectStatus, activity_log, projects};
use dbkit::app::Db;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use uuid::Uuid;

/// `find_by_id`, `insert`, `insert_many`, `page` …: the queries that every table wants.
#[derive(dbkit::Repository)]
#[repository(table = crate::schema::users, entity = User, id = Uuid, new = NewUser, connection = PgConnection)]
pub struct Users;

/// The same for projects, and below it what is their own.
#[derive(dbkit::Repository)]
#[repository(
    table = crate::schema::projects, entity = Project, id = Uuid, new = NewProject,
    changes = ProjectChanges, connection = PgConnection
)]
pub struct Projects;

impl Projects {
    /// The newest projects of a status, a page at a time. The index on (status, created_at) has them
    /// in this order.
    ///
    /// # Errors
    /// The database's.
    pub fn newest(
        connection: &mut PgConnection,
        status: ProjectStatus,
        page: i64,
        size: i64,
    ) -> QueryResult<Vec<Project>> {
        projects::table
            .filter(projects::status.eq(status))
            .order((projects::created_at.desc(), projects::id))
            .offset(page * size)
            .limit(size)
            .select(Project::as_select())
            .load(connection)
    }

    /// A user's projects.
    ///
    /// # Errors
    /// The database's.
    pub fn of(connection: &mut PgConnection, owner: &User) -> QueryResult<Vec<Project>> {
        let mine = Project::belonging_to(owner).order(projects::title);
        mine.select(Project::as_select()).load(connection)
    }
}

/// How many projects there are in a status, and how far they are on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    pub status: ProjectStatus,
    pub count: i64,
    pub score: f64,
}

/// All shares, in the order of the statuses.
///
/// # Errors
/// The database's.
pub fn shares(connection: &mut PgConnection) -> QueryResult<Vec<Share>> {
    let rows: Vec<(ProjectStatus, i64, Option<i64>)> = projects::table
        .group_by(projects::status)
        .order(projects::status)
        .select((projects::status, count_star(), sum(projects::score)))
        .load(connection)?;
    let share = |(status, count, score): (_, i64, Option<i64>)| {
        // Neither comes near 2^53.
        let score = score.unwrap_or_default() as f64 / count as f64;
        Share { status, count, score }
    };
    Ok(rows.into_iter().map(share).collect())
}

/// Gives a project to somebody else: the project and the line in the log, or neither.
///
/// # Errors
/// It is not `from`'s; there is no user `to`; the database's. Nothing is changed then.
pub fn transfer(
    db: &Db<PgConnection>,
    project: Uuid,
    from: Uuid,
    to: Uuid,
) -> Result<Project, Error> {
    db.unit().run(|work| {
        let c = work.connection();
        let line = Activity {
            project_id: project,
            user_id: from,
            action: "project.transferred",
            details: serde_json::json!({ "to": to }),
        };
        diesel::insert_into(activity_log::table).values(line).execute(c)?;
        let mine = projects::table.find(project).filter(projects::owner_id.eq(from));
        let given = diesel::update(mine)
            .set(projects::owner_id.eq(to))
            .returning(Project::as_returning())
            .get_result(c)
            .optional();
        match given {
            Ok(Some(project)) => Ok(project),
            Ok(None) => Err(Error::NotTheOwner(project)),
            Err(DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Err(Error::NoUser(to)),
            Err(error) => Err(error.into()),
        }
    })
}
