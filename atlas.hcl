// For people who use the atlas command line tool:
//
//   go tool -modfile=tools/atlas.mod atlas migrate status --env prod
//
// DATABASE_URL must reach the server directly, not through a pooler in transaction
// mode. Over TCP without TLS it needs sslmode=disable.

variable "url" {
  type    = string
  default = getenv("DATABASE_URL")
}

variable "dev" {
  type    = string
  default = getenv("ATLAS_DEV_URL") // a second, empty database
}

locals {
  dir = "file://ent/migrate/migrations"
}

data "external_schema" "ent" {
  program = ["go", "run", "./cmd/entgraph", "schema", "print"]
}

// To develop: what the schema should be is the committed SQL.
env "local" {
  src     = "file://ent/migrate/schema.sql"
  url     = var.url
  dev     = var.dev
  schemas = ["public"]
  exclude = ["atlas_schema_revisions", "*.atlas_schema_revisions"]
  migration {
    dir              = local.dir
    lock_timeout     = "10s"
    revisions_schema = "public"
  }
  format {
    migrate {
      diff = "{{ sql . \"  \" }}"
    }
  }
}

// Like local, but asks the Go code. The community builds after v0.13.1 refuse it.
env "ent" {
  src     = data.external_schema.ent.url
  url     = var.url
  dev     = var.dev
  schemas = ["public"]
  exclude = ["atlas_schema_revisions", "*.atlas_schema_revisions"]
  migration {
    dir              = local.dir
    lock_timeout     = "10s"
    revisions_schema = "public"
  }
  format {
    migrate {
      diff = "{{ sql . \"  \" }}"
    }
  }
}

// To deploy: apply and status need nothing but the directory.
env "prod" {
  url = var.url
  migration {
    dir              = local.dir
    lock_timeout     = "60s"
    revisions_schema = "public"
    exec_order       = "LINEAR"
  }
}

lint {
  latest = 1
  destructive {
    error = true
  }
  data_depend {
    error = true
  }
  incompatible {
    error = true
  }
}
