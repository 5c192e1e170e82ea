//! A tenant with its data, loaded and ready to be served.

use std::collections::BTreeMap;
use std::sync::Arc;

use tesem_engine::{CatalogError, Database, ExternalData, FileProfiles};
use tesem_kql::schema;

use crate::data::{self, Entities};
use crate::error::TwinError;
use crate::generate::{self, GenerateOptions, Planted};
use crate::options::TwinSource;
use crate::tenant::Tenant;

/// What a twin serves. Loading it is the slow part of starting a twin; it never changes afterwards.
#[derive(Debug)]
pub struct PreparedTenant {
    pub(crate) tenant: Tenant,
    pub(crate) entities: Entities,
    /// The tables that Graph and Defender XDR reach.
    pub(crate) database: Arc<Database>,
    /// The tables that the Defender for Endpoint API reaches.
    pub(crate) endpoint_database: Arc<Database>,
    pub(crate) planted: Vec<Planted>,
    /// What `externaldata` may read.
    pub(crate) external_data: ExternalData,
}

impl PreparedTenant {
    /// Reads a data directory or generates a tenant. Blocks while it reads or computes.
    ///
    /// # Errors
    /// When the directory or a file in it is wrong, or the tenant cannot be generated.
    pub fn load(source: &TwinSource) -> Result<Arc<Self>, TwinError> {
        match source {
            TwinSource::Prepared(prepared) => Ok(Arc::clone(prepared)),
            TwinSource::Generated(options) => Self::generate(options).map(Arc::new),
            TwinSource::Directory(path) => {
                data::check_directory(path)?;
                let tenant = data::read_tenant(path)?;
                let entities = Entities::read(path)?;
                let mut tables = data::read_tables(path)?;
                add_file_profiles(&mut tables, &entities).map_err(|error| {
                    TwinError::refused(&path.join("files.json"), error.to_string())
                })?;
                let planted = data::read_planted(path)?;
                Ok(Arc::new(Self {
                    external_data: data::external_data(path),
                    ..Self::new(tenant, entities, tables, planted)
                }))
            }
        }
    }

    fn generate(options: &GenerateOptions) -> Result<Self, TwinError> {
        let failed = |message: String| TwinError::Generate { message };
        let mut generated =
            generate::generate(options).map_err(|error| failed(error.to_string()))?;
        add_file_profiles(&mut generated.tables, &generated.entities)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self::new(
            generate::tenant_of(options),
            generated.entities,
            generated.tables,
            generated.planted,
        ))
    }

    fn new(tenant: Tenant, entities: Entities, database: Database, planted: Vec<Planted>) -> Self {
        let endpoint_database = Arc::new(endpoint_tables(&database));
        Self {
            tenant,
            entities,
            database: Arc::new(database),
            endpoint_database,
            planted,
            external_data: ExternalData::none(),
        }
    }

    /// The tenant and the credentials of its apps.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The intrusions that a generated tenant holds; of a data directory those of its `planted.json`.
    #[must_use]
    pub fn planted(&self) -> &[Planted] {
        &self.planted
    }

    /// The rows of each table that has any, as far as they are counted.
    #[must_use]
    pub fn table_rows(&self) -> BTreeMap<String, usize> {
        let rows = |name: &str| {
            self.database
                .table(name)
                .and_then(tesem_engine::Table::rows)
        };
        let counted = self
            .database
            .names()
            .filter_map(|name| Some((name.to_owned(), rows(name)?)));
        counted.filter(|(_, rows)| *rows > 0).collect()
    }
}

/// Lets queries ask for the profiles of the tenant's files, if it has any.
fn add_file_profiles(tables: &mut Database, entities: &Entities) -> Result<(), CatalogError> {
    if !entities.files.is_empty() {
        let files = entities.files.iter().map(|file| &**file);
        tables.set_file_profiles(FileProfiles::from_entities(files)?);
    }
    Ok(())
}

/// The part of a database that the Defender for Endpoint API reaches.
fn endpoint_tables(database: &Database) -> Database {
    let mut reached = Database::new();
    if let Some(profiles) = database.file_profiles() {
        reached.set_file_profiles(Arc::clone(profiles));
    }
    for known in schema::defender().tables().filter(|known| known.mde_api) {
        let Some(table) = database.table(known.name) else {
            continue;
        };
        reached.insert(known.name, table.clone());
        for alias in &known.aliases {
            reached.add_alias(*alias, known.name);
        }
    }
    reached
}
