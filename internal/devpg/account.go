package devpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is who runs initdb and postgres.
type account struct {
	name string
	uid  int
	gid  int

	// switched: the process gives up root's rights and becomes uid.
	switched bool
	// namespaced: the process keeps its user id and sees it as uid in a user
	// namespace of its own. Linux only.
	namespaced bool
	// initOnly: only initdb needs the namespace, because it wants a user name.
	initOnly bool
}

// accounts returns who could run a server on data that belongs to user id
// owner, the best first. Owner is -1 when there is no data yet.
func accounts(owner int) ([]account, error) {
	euid := os.Geteuid()
	if euid != 0 {
		return ownAccount(euid), nil
	}
	var all []account
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		a, err := toAccount(u)
		if err != nil {
			return nil, err
		}
		if owner == -1 || owner == a.uid {
			all = append(all, a)
		}
	}
	if owner > 0 && len(all) == 0 {
		u, err := user.LookupId(strconv.Itoa(owner))
		if err != nil {
			return nil, fmt.Errorf("find the account that owns the data: %w", err)
		}
		a, err := toAccount(u)
		return []account{a}, err
	}
	if owner <= 0 && canNamespace {
		all = append(all, account{name: "root as nobody", uid: nobodyID(), gid: nobodyID(), namespaced: true})
	}
	if len(all) == 0 {
		return nil, errors.New("postgres does not run as root and there is no account postgres or nobody; " +
			"create one or set DATABASE_URL")
	}
	return all, nil
}

// ownAccount is the account of an ordinary user.
func ownAccount(euid int) []account {
	self := account{name: "this user", uid: euid, gid: os.Getegid()}
	if _, err := user.LookupId(strconv.Itoa(euid)); err != nil && canNamespace {
		// A container started with a bare user id; initdb fails without a name.
		self = account{name: "this user as nobody", uid: nobodyID(), gid: nobodyID(),
			namespaced: true, initOnly: true}
	}
	return []account{self}
}

func toAccount(u *user.User) (account, error) {
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, fmt.Errorf("read account %s: %w", u.Username, err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, fmt.Errorf("read account %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uid, gid: gid, switched: true}, nil
}

// nobodyID returns the user id of nobody, by its line or by convention.
func nobodyID() int {
	if u, err := user.Lookup("nobody"); err == nil {
		if id, err := strconv.Atoi(u.Uid); err == nil && id > 0 {
			return id
		}
	}
	return 65534
}

// prepare makes cmd run as the account. The folder is / because the account
// need not be able to enter ours.
func (a account) prepare(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = serverEnv()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if a.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	if a.namespaced {
		a.namespace(cmd.SysProcAttr)
	}
}

// server is the account for postgres itself.
func (a account) server() account {
	a.namespaced = a.namespaced && !a.initOnly
	return a
}

// own gives the path to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// makeDir makes a folder that only the account may enter.
func (a account) makeDir(path string) error {
	if err := makeDir(path, 0o700); err != nil {
		return err
	}
	return a.own(path)
}

// serverEnv is the environment of server programs: what they need to find their
// libraries, and nothing like PGPORT or LC_ALL that would change their ways.
func serverEnv() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
