package auth

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/fair"
)

const movedPassword = "correct horse battery"

// movedHashes were made by the programs themselves where their passwords say so; the others in
// their forms by Python's hashlib and libxcrypt.
var movedHashes = map[string]struct{ password, hash string }{
	"libxcrypt 2b":           {movedPassword, "$2b$04$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y"},
	"libxcrypt 2a":           {movedPassword, "$2a$05$HSvqxE1Ty1QWCzl.OHBMCuBVztxej.edAtcMg7umit.mnZWACNruC"},
	"libxcrypt 2y":           {movedPassword, "$2y$04$ghyM6yuIhps9SMvn0AcIze0od95itgz/J102G493sdFlMAwWZ76l2"},
	"libxcrypt long":         {strings.Repeat("x", 80), "$2b$04$ghyM6yuIhps9SMvn0AcIzeXTJnW9Ha10l2j5wjrM4bY4Tui.tEDTa"},
	"Django bcrypt":          {movedPassword, "bcrypt$$2b$04$hiN2ZxETBJ8mOXsMWYsaQ.Ue6lhehp9b5bb9GAko0iqEy3EK4/Gcy"},
	"Django bcrypt_sha256":   {movedPassword, "bcrypt_sha256$$2b$04$hiN2ZxETBJ8mOXsMWYsaQ.fN4unfR09mHcwdJLdmZF9syfzFQHNTK"},
	"Django pbkdf2":          {"lètmein", "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY="},
	"Django pbkdf2 sha1":     {"not a password", "pbkdf2_sha1$10000$wz5B6WkasRoF$atJmJ1o+XfJxKq1+Nu1f1i57Z5I="},
	"Django scrypt":          {"lètmein", "scrypt$16384$seasalt$8$5$ECMIUp+LMxMSK8xB/IVyba+KYGTI7FTnet025q/1f/vBAVnnP3hdYqJuRi+mJn6ji6ze3Fbb7JEFPKGpuEf5vw=="},
	"passlib scrypt":         {"password", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
	"passlib pbkdf2":         {"password", "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"},
	"passlib pbkdf2 sha512":  {movedPassword, "$pbkdf2-sha512$1000$8PHy8/T19vf4.fr7/P3./w$hWACBuAy41PVaxHMuJVNcqtn6FQe.C1dQ2Bt7XPgCBGLkHEHHdKxW4fzTWC2O9wKVcIX9e3QYMxwnO23HUbLDg"},
	"passlib pbkdf2 sha1":    {movedPassword, "$pbkdf2$1000$8PHy8/T19vf4.fr7/P3./w$2DNX40nbdH77gy40BOl7GYl.sJg"},
	"Werkzeug scrypt":        {movedPassword, "scrypt:32768:8:1$5lsIXX9pzkjDM2AH$1933c7a26aad92d4ccf1a684d655571ae8ffb57bb8cab12a1de286e9147706b77fe00693c6fd5a087bef59e6523271f2d3ccc37e7079786d57f8984400abfc18"},
	"Werkzeug pbkdf2":        {movedPassword, "pbkdf2:sha256:1000$390JFu1mJbip1tJh$934e82c847963bcd549e1af416cf33309b5052f12f40e90062018214cbafa0c6"},
	"Werkzeug pbkdf2 sha512": {movedPassword, "pbkdf2:sha512:1000$nn9GQRz4QRhUW7ne$4eb5d52b5c61dde41e94e261e05001473be72c066ebf244af4d2eaa3fea8394b9fd97d223273a16a6af0498287f3169693c4750a1c79c88f4b2ba7dbac0b19e9"},
	"Werkzeug pbkdf2 sha1":   {movedPassword, "pbkdf2:sha1:1000$CNDfGezp1InAHeyg$2b79f64652db949dd3b0b2e97d7e634253f65e7d"},
	"our form, cheaper":      {movedPassword, cheapArgon},
	"Django argon2":          {movedPassword, "argon2" + cheapArgon},
}

// cheapArgon is a hash of 64 KiB and one pass.
const cheapArgon = "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlcyEhIQ$9YcRdXnFNoU/3ej0j6b1njRMMQcWpiG9tX3Vv1HvL5g"

func TestMovedHashes(t *testing.T) {
	t.Parallel()
	h := newHasher(defaultCost, fair.Options{})
	for name, tc := range movedHashes {
		if right, old, err := h.verify(tc.password, tc.hash); !right || !old || err != nil {
			t.Errorf("%s: right %t, old %t, %v", name, right, old, err)
		}
		for _, wrong := range []string{"", strings.ToUpper(tc.password)} {
			if right, _, err := h.verify(wrong, tc.hash); right || err != nil {
				t.Errorf("%s: takes %q, %v", name, wrong, err)
			}
		}
	}
	if right, old, err := h.verify("", defaultNobody); right || old || err != nil {
		t.Errorf("our own: right %t, old %t, %v", right, old, err)
	}
}

// TestHostileHashes verifies what no program has made. Each is refused before it costs
// anything; those that cost much would run for minutes or take the memory.
func TestHostileHashes(t *testing.T) {
	t.Parallel()
	const key16, key32 = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for want, hashes := range map[error][]string{
		errCost: {
			"$2b$31$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y",
			"bcrypt$$2b$31$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y",
			"$pbkdf2-sha256$2147483647$" + key16 + "$" + key32, "pbkdf2_sha512$999999999$salt$" + key32 + "=",
			"pbkdf2:sha256:3000000$salt$" + strings.Repeat("00", 64), // two parts of the key
			"$scrypt$ln=40,r=8,p=1$" + key16 + "$" + key32, "$scrypt$ln=14,r=8,p=100000$" + key16 + "$" + key32,
			"$scrypt$ln=62,r=2147483647,p=2147483647$" + key16 + "$" + key32, "scrypt:2:1048577:1$salt$" + strings.Repeat("00", 64),
			"$argon2id$v=19$m=4194304,t=1,p=1$" + key16 + "$" + key32, "$argon2id$v=19$m=65536,t=4000000,p=1$" + key16 + "$" + key32,
			"$argon2id$v=19$m=2040,t=515,p=255$" + key16 + "$" + key32,
		},
		errForm: {
			"", "!", "!unusable", "x", "$", "$$$$", "$$$$$", "::$a$b", "plain text", strings.Repeat("$", 2000),
			"$2b$", "$2b$04$short", "$2b$xx$MYWrfs/tyfEAgU6xitXvR.2eA60Q1brG0uRG/JsrLphokv4yw/L8y", "bcrypt$", "bcrypt_sha256$x",
			"$pbkdf2-md5$1000$" + key16 + "$" + key32, "$pbkdf2-sha256$0$" + key16 + "$" + key32, "$pbkdf2-sha256$-1$" + key16 + "$" + key32,
			// With an empty key every password would be right, with a short one many.
			"$pbkdf2-sha256$1000$" + key16 + "$", "$scrypt$ln=4,r=8,p=1$" + key16 + "$AAAA", "pbkdf2:sha256:1000$salt$", "pbkdf2_sha256$1000$salt$",
			"pbkdf2:sha256:1000$salt$" + strings.Repeat("00", 65), "pbkdf2:sha256:1000$salt$zz",
			"$scrypt$ln=0,r=8,p=1$" + key16 + "$" + key32, "$scrypt$ln=63,r=8,p=1$" + key16 + "$" + key32, "$scrypt$r=8$" + key16 + "$" + key32,
			"scrypt:3:8:1$salt$" + strings.Repeat("00", 64), "scrypt:1024:0:1$salt$" + strings.Repeat("00", 64), "scrypt:99999999999999999999:8:1$salt$" + strings.Repeat("00", 64),
			"$argon2id$v=19$m=64,t=0,p=1$" + key16 + "$" + key32, "$argon2id$v=19$m=64,t=1,p=0$" + key16 + "$" + key32,
			// The library works with 8 KiB for each lane all the same, and for minutes.
			"$argon2id$v=19$m=0,t=4294967295,p=255$" + key16 + "$" + key32, "$argon2id$v=19$m=1,t=1048576,p=255$" + key16 + "$" + key32,
			"$argon2id$v=19$m=7,t=1,p=1$" + key16 + "$" + key32, "$argon2id$v=19$m=2039,t=1,p=255$" + key16 + "$" + key32,
			"$argon2id$v=19$m=64,t=1,p=1$" + key16 + "$", "$argon2id$v=18$m=64,t=1,p=1$" + key16 + "$" + key32, "$argon2i$v=19$m=64,t=1,p=1$" + key16 + "$" + key32,
		},
	} {
		for _, hash := range hashes {
			if right, _, err := newHasher(defaultCost, fair.Options{}).verify("", hash); right || !errors.Is(err, want) {
				t.Errorf("%q: right %t, %v, want %v", hash, right, err, want)
			}
		}
	}
}
