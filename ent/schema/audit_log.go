package schema

import "github.com/entgraph/entgraph/kit"

// AuditLog holds who changed what; admins read it.
type AuditLog struct{ kit.AuditLog }
