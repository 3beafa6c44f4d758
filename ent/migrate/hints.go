// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

func init() {
	Offer["access_tokens.name"] = ""
	Offer["access_tokens.scope"] = "'READ'"
	Offer["audit_logs.action"] = "'CREATE'"
	Offer["posts.title"] = ""
	Offer["posts.body"] = ""
	Offer["posts.status"] = "'DRAFT'"
	Offer["tags.name"] = ""
	Offer["taggings.position"] = ""
	Offer["users.username"] = ""
	Offer["users.email"] = ""
	Offer["users.role"] = "'MEMBER'"
}
