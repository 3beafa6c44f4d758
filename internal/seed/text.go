package seed

import (
	"strings"
	"time"
)

const (
	upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hexes = "0123456789abcdef"
)

// textByName says what a text of a name holds. The first match counts. Addresses are those
// that are kept for examples, so that nobody gets mail: RFC 2606, RFC 5737 and the telephone
// numbers with 555-01.
var textByName = []struct {
	words string
	make  func(r *row) string
}{
	{"email e_mail mail", email},
	{"username user_name login handle nickname nick screen_name", (*row).login},
	{"first_name given_name forename", func(r *row) string { return r.first + r.mark(" ") }},
	{"last_name family_name surname", func(r *row) string { return r.last + r.mark(" ") }},
	{"full_name display_name customer_name contact_name author_name author owner_name contact", person},
	{"phone mobile phone_number telephone tel fax", phone},
	{"image image_url avatar avatar_url photo photo_url picture thumbnail logo logo_url icon cover", func(r *row) string { return "https://example.com/images/" + r.slug() + ".jpg" }},
	{"url uri website homepage link href site web", func(r *row) string { return "https://example.com/" + r.slug() }},
	{"domain hostname host", func(r *row) string { return r.slug() + ".example.com" }},
	{"slug permalink path_name", (*row).slug},
	{"sku code reference ref serial serial_number order_number invoice_number", code},
	{"isbn", func(r *row) string { return r.fake.ProductISBN(nil) }},
	{"barcode ean gtin upc", func(r *row) string { return r.digits(13) }},
	{"color colour", func(r *row) string { return r.fake.SafeColor() + r.mark(" ") }},
	{"country_code", func(r *row) string { return r.fake.CountryAbr() }},
	{"country nationality", func(r *row) string { return r.fake.Country() }},
	{"city town place location venue", func(r *row) string { return r.fake.City() + r.mark(" ") }},
	{"state_name region province county", func(r *row) string { return r.fake.State() }},
	{"street address address1 address_line1 address_line line1 street_address", func(r *row) string { return r.fake.Street() + r.mark(" / ") }},
	{"zip zip_code postal_code postcode", func(r *row) string { return r.fake.Zip() }},
	{"currency currency_code", func(r *row) string { return r.fake.CurrencyShort() }},
	{"language lang", func(r *row) string { return r.fake.LanguageAbbreviation() }},
	{"locale", func(r *row) string { return r.fake.LanguageBCP() }},
	{"timezone time_zone tz", func(r *row) string { return r.fake.TimeZoneRegion() }},
	{"company company_name organization organisation employer vendor supplier manufacturer brand customer client", func(r *row) string { return r.fake.Company() + r.mark(" ") }},
	{"job job_title profession occupation role_title", func(r *row) string { return r.fake.JobTitle() + r.mark(" ") }},
	{"ip ip_address remote_addr", func(r *row) string { return "192.0.2." + r.digits(2) }},
	{"user_agent", func(r *row) string { return r.fake.UserAgent() }},
	{"filename file_name file", func(r *row) string { return r.slug() + ".pdf" }},
	{"path file_path", func(r *row) string { return "/" + r.slug() }},
	{"mime mime_type content_type media_type", func(r *row) string { return r.fake.FileMimeType() }},
	{"version", func(r *row) string { return r.fake.AppVersion() }},
	{"hash digest checksum fingerprint token secret", func(r *row) string { return r.letters(hexes, 64) }},
	{"title headline subject heading topic", title},
	{"label name", func(r *row) string { return capital(r.thing()) + r.mark(" ") }},
	{"category genre kind type group section", func(r *row) string { return r.noun() + r.mark(" ") }},
	{"tag keyword", func(r *row) string { return r.noun() + r.mark("-") }},
	{"question", func(r *row) string { return r.fake.Question() }},
	{"summary excerpt subtitle tagline caption short_description note notes remark reason comment message feedback review answer reply", func(r *row) string { return r.fake.Sentence() + r.mark(" #") }},
	{"bio biography about description details body content text article post abstract story transcript instructions", func(r *row) string { return r.paragraphs(1 + r.IntN(2)) }},
}

// nameByTable says what a column "name" or "title" holds in tables of a name.
var nameByTable = []struct {
	words string
	make  func(r *row) string
}{
	{"users accounts members people persons customers authors employees patients students teachers contacts doctors drivers artists players guests staff", person},
	{"companies organizations organisations vendors suppliers brands clients manufacturers tenants shops stores", func(r *row) string { return r.fake.Company() + r.mark(" ") }},
	{"products items goods articles", func(r *row) string { return r.fake.ProductName() + r.mark(" ") }},
	{"categories", func(r *row) string { return capital(r.fake.ProductCategory()) + r.mark(" ") }},
	{"tags labels keywords topics", func(r *row) string { return r.noun() + r.mark("-") }},
	{"countries", func(r *row) string { return r.fake.Country() + r.mark(" ") }},
	{"cities towns places", func(r *row) string { return r.fake.City() + r.mark(" ") }},
	{"books", func(r *row) string { return r.fake.BookTitle() + r.mark(" ") }},
	{"movies films", func(r *row) string { return r.fake.MovieName() + r.mark(" ") }},
	{"songs tracks", func(r *row) string { return r.fake.SongName() + r.mark(" ") }},
	{"pets animals", func(r *row) string { return r.fake.PetName() + r.mark(" ") }},
	{"recipes dishes meals", func(r *row) string { return capital(r.fake.Dinner()) + r.mark(" ") }},
	{"cars vehicles", func(r *row) string { return r.fake.CarMaker() + " " + r.fake.CarModel() + r.mark(" ") }},
}

func email(r *row) string {
	return plainWords(r.first, "") + "." + plainWords(r.last, "") + r.mark("") + "@example.com"
}
func person(r *row) string { return r.first + " " + r.last + r.mark(" ") }
func phone(r *row) string  { return "+1" + r.digits(3) + "55501" + r.letters("0123456789", 2) }
func code(r *row) string   { return r.letters(upper, 3) + "-" + r.digits(4) }

func title(r *row) string {
	pattern := pick(r, []string{"The {a} {n}", "A {a} {n}", "Notes on the {a} {n}", "{n} and {m}", "How to choose a {n}", "Before the {n}", "{a} {n}, {a2} {m}"})
	return capital(strings.NewReplacer("{a}", r.adjective(), "{n}", r.noun(), "{m}", r.noun(), "{a2}", r.adjective()).Replace(pattern)) + r.mark(" ")
}

// believable lists what a text of a name may be: what the name says, then texts of many forms.
func believable(c *column, t *table) []shape {
	var out []shape
	add := func(f func(r *row) string) { out = append(out, func(r *row) any { return f(r) }) }
	if t != nil && (c.name == "name" || c.name == "title") {
		for _, n := range nameByTable {
			if like(t.name, n.words) {
				add(n.make)
				break
			}
		}
	}
	for _, n := range textByName {
		if like(c.name, n.words) {
			add(n.make)
			break
		}
	}
	add(func(r *row) string { return capital(r.thing()) + r.mark(" ") })
	for _, form := range forms {
		add(form)
	}
	return out
}

// textShapes lists what a text may be: what is believable, then texts of many lengths. One of
// them passes most validators.
func textShapes(c *column, t *table) []shape {
	out := believable(c, t)
	add := func(f func(r *row) string) { out = append(out, func(r *row) any { return f(r) }) }
	step := 30 // a thirtieth longer each time, so that narrow bounds are met too
	for n := 10; n < 10_000; n += max(n/step, 1) {
		if n > 1000 {
			step = 7
		}
		add(func(r *row) string { return r.exactly(n) })
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16} {
		add(func(r *row) string { return r.letters(upper, n) })
		add(func(r *row) string { return r.letters(strings.ToLower(upper), n) })
		add(func(r *row) string { return r.digits(n) })
	}
	for _, n := range []int{6, 8, 16, 24, 32, 40, 64, 128} {
		add(func(r *row) string { return r.letters(hexes, n) })
		add(func(r *row) string { return strings.ToUpper(r.letters(hexes, n)) })
	}
	return out
}

// forms are texts that are often asked for.
var forms = []func(r *row) string{
	(*row).noun, (*row).slug, (*row).login,
	func(r *row) string { return capital(r.noun()) },
	func(r *row) string { return r.first },
	func(r *row) string { return plainWords(r.thing(), "_") + r.mark("_") },
	func(r *row) string { return strings.ToUpper(plainWords(r.thing(), "_")) + r.mark("_") },
	func(r *row) string { return r.fake.Sentence() },
	func(r *row) string { return r.paragraphs(1) },
	func(r *row) string { return r.paragraphs(4) },
	email, phone, code,
	func(r *row) string { return r.letters(upper, 2) + r.digits(4) },
	func(r *row) string { return r.letters(upper, 3) + r.digits(3) },
	func(r *row) string { return r.letters(upper, 2) + "-" + r.digits(6) },
	func(r *row) string { return r.digits(3) + "-" + r.digits(3) + "-" + r.digits(4) },
	func(r *row) string { return "https://example.com/" + r.slug() },
	func(r *row) string { return "http://" + r.slug() + ".example.com" },
	func(r *row) string { return r.slug() + ".example.com" },
	func(r *row) string { return "/" + r.slug() },
	func(r *row) string { return "@" + r.login() },
	func(r *row) string { return "#" + r.letters(hexes, 6) },
	func(r *row) string { return r.uuid(r.at).String() },
	func(r *row) string { return r.at.Format(time.DateOnly) },
	func(r *row) string { return r.at.Format(time.DateTime) },
	func(r *row) string { return r.at.Format(time.RFC3339) },
	clock,
	func(r *row) string { return clock(r) + ":00" },
	func(r *row) string { return r.fake.CountryAbr() },
	func(r *row) string { return r.fake.CurrencyShort() },
	func(r *row) string { return r.fake.LanguageAbbreviation() },
	func(r *row) string { return r.fake.LanguageBCP() },
	func(r *row) string { return r.fake.TimeZoneRegion() },
	func(r *row) string { return r.digits(1) + "." + r.digits(1) + "." + r.digits(1) },
	func(r *row) string { return "v" + r.digits(1) + "." + r.digits(1) + "." + r.digits(1) },
	func(r *row) string { return r.digits(2) + "." + r.digits(2) },
	func(r *row) string { return "192.0.2." + r.digits(2) },
	func(r *row) string { return "2001:db8::" + r.digits(3) },
	func(r *row) string { return r.fake.MacAddress() },
	func(r *row) string { return r.fake.FileMimeType() },
	func(r *row) string { return r.fake.ProductISBN(nil) },
	func(r *row) string { return r.fake.CreditCardNumber(nil) },
	func(r *row) string { return r.letters("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 26) },
	func(r *row) string { return "{}" },
	func(r *row) string { return "true" },
	func(r *row) string { return "" },
}
