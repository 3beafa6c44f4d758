package schemadiff

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rights are who owns an object and what others may do with it. They are read but never
// compared by [State.Diff]: migrations name few of them, and many are given by hand.
type Rights struct {
	Owner string `json:"owner"`
	// Grants are such as "SELECT TO app", "UPDATE (a) TO app WITH GRANT OPTION" and
	// "EXECUTE TO PUBLIC", without those of the owner.
	Grants []string `json:"grants"`
	// Roles are those that a policy is for, without PUBLIC.
	Roles []string `json:"roles"`
}

// toPublic ends a grant to everybody.
const toPublic = " TO PUBLIC"

const selectRights = `SELECT class, oid, sub, json_build_object('user', current_user, 'owner', pg_get_userbyid(owner), 'roles', roles, 'grants',
	(SELECT json_agg(privilege_type || what || ' TO ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
		|| CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END ORDER BY privilege_type, grantee) FROM aclexplode(acl) WHERE grantee <> owner))
FROM (SELECT 'pg_class' AS class, oid, 0 AS sub, relowner AS owner, NULL::name[] AS roles, '' AS what,
		coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)) AS acl FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
	UNION ALL SELECT 'pg_class', c.oid, a.attnum, c.relowner, NULL, format(' (%I)', a.attname), a.attacl
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
	UNION ALL SELECT 'pg_proc', oid, 0, proowner, NULL, '', coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
	UNION ALL SELECT 'pg_type', oid, 0, typowner, NULL, '', coalesce(typacl, acldefault('T', typowner)) FROM pg_type WHERE typtype IN ('e', 'd', 'c', 'r')
	UNION ALL SELECT 'pg_namespace', oid, 0, nspowner, NULL, '', coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace
	UNION ALL SELECT 'pg_policy', oid, 0, 0, ARRAY(SELECT rolname::name FROM pg_roles r WHERE r.oid = ANY (polroles) ORDER BY 1), '', NULL FROM pg_policy
) o WHERE oid >= 16384`

// rights reads who may do what with the objects that were read.
func (r *reader) rights(ctx context.Context, conn Conn) error {
	rows, err := conn.QueryContext(ctx, selectRights)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			a    address
			data []byte
			read struct {
				Rights
				User string `json:"user"`
			}
		)
		if err := rows.Scan(&a.class, &a.oid, &a.sub, &data); err != nil {
			return err
		}
		if err := json.Unmarshal(data, &read); err != nil {
			return fmt.Errorf("decode rights: %w", err)
		}
		r.state.user = read.User
		if k, ok := r.find(a); ok {
			to := &r.state.Objects[k].Rights
			if read.Roles == nil {
				to.Owner = read.Owner
			}
			to.Roles = append(to.Roles, read.Roles...)
			to.Grants = append(to.Grants, read.Grants...)
		}
	}
	return rows.Err()
}

// Roles lists the roles that policies of the state name.
func (s *State) Roles() []string {
	all := map[string]bool{}
	for _, o := range s.Objects {
		for _, name := range o.Rights.Roles {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// MissingRights lists, for an object in both states, what of the rights that want has by
// its migrations is not there: grants, owners other than the role that made want, and what
// everybody may do though want has taken it from them. Other grants are left alone.
func MissingRights(have, want *State) map[Key][]Change {
	all := map[Key][]Change{}
	for k, b := range want.Objects {
		a := have.Objects[k]
		if a == nil {
			continue
		}
		for _, g := range b.Rights.Grants {
			if !slices.Contains(a.Rights.Grants, g) && !slices.Contains(a.Rights.Grants, g+" WITH GRANT OPTION") {
				all[k] = append(all[k], Change{"privilege " + g, "missing", "granted"})
			}
		}
		for _, g := range a.Rights.Grants {
			if strings.HasSuffix(g, toPublic) && !slices.Contains(b.Rights.Grants, g) {
				all[k] = append(all[k], Change{"privilege " + g, "granted", "revoked"})
			}
		}
		if b.Rights.Owner != want.user && b.Rights.Owner != "" && a.Rights.Owner != b.Rights.Owner {
			all[k] = append(all[k], Change{"owner", a.Rights.Owner, b.Rights.Owner})
		}
	}
	return all
}

// Remade lists what both states have and one of them made again, of the kinds that have an
// owner or privileges: the states are of one database, before and after a change.
func Remade(before, after *State) (all []Key) {
	for _, k := range before.keys() {
		a, b := before.Objects[k], after.Objects[k]
		if b != nil && a.oid != b.oid && slices.Contains(hasRights, k.Kind) {
			all = append(all, k)
		}
	}
	return all
}

// SameRights reports whether two objects have the same owner and grants.
func SameRights(a, b *Object) bool {
	return a.Rights.Owner == b.Rights.Owner && slices.Equal(slices.Sorted(slices.Values(a.Rights.Grants)), slices.Sorted(slices.Values(b.Rights.Grants)))
}
