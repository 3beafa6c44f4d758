package seed

// person is a user of the small data set. Empty parts of the profile are null.
type person struct {
	username         string
	posts            int
	first, last, bio string
}

const (
	administrator  = "ada"   // has the role ADMIN
	withoutProfile = "robin" // has no profile, not even an empty one
)

// people wrote 200 posts together.
var people = []person{
	{administrator, 48, "Ada", "Lovelace", "Writes about engines, numbers and the poetry of both. Keeps this blog running."},
	{"linus", 22, "Linus", "Berg", "Operating systems by day, bread by night."},
	{"margaret", 18, "Margaret", "Hale", "Software for things that must not fail.\nSpeaker, reader, rower."},
	{"ken", 16, "Ken", "Sato", "Small tools, sharp edges."},
	{"grace", 14, "Grace", "Okafor", "It's easier to ask forgiveness – but I write \"please\" in every commit."},
	{"alan", 12, "Alan", "", "Curious about machines that learn and people who don't."},
	{"barbara", 11, "Barbara", "Núñez", "Types, contracts and substitutions."},
	{"dennis", 10, "Dennis", "O'Brien", "100% tabs. 0% regrets."},
	{"edith", 9, "Edith", "Clarke-Jones", ""},
	{"radia", 8, "Radia", "Haddad", "Networks that heal themselves; gardens that don't."},
	{"jean", 7, "", "Moreau", "Databases before breakfast."},
	{"tim", 6, "Tim", "Ashworth", "<marquee> was fine, actually."},
	{"hedy", 5, "Hedy", "Kovács", "Radio, film and frequency hopping."},
	{"niklas", 4, "Niklas", "Jørgensen", "Fewer features. Then fewer still."},
	{"mei_lin", 3, "美琳", "王", "写代码,也写诗。"},
	{"priya", 2, "Priya", "Raman", ""},
	{"tomas", 1, "Tomás", "García", "On call, on time, on tea. ☕"},
	{"yuki2", 1, "", "", ""},
	{"sophie", 0, "Sophie", "Lindqvist", "Reads everything, writes nothing. Yet."},
	{withoutProfile, 3, "", "", ""},
}
