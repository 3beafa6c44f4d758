package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	loopback    = "127.0.0.1"
	dockerMajor = 17
	dockerImage = "postgres:17"
	dockerData  = "/var/lib/postgresql/data" // of images up to 17
)

// container is a server in Docker. The engine picks a free port of the loopback
// address; who is behind it is checked by the server's cluster_name. Unlike a
// child process it outlives a killed parent: its name is in the cluster's
// "container" file, and the next Start takes it over or removes it.
type container struct {
	docker string
	name   string
	ended  chan struct{}
}

// engine says whether Docker can be used. A client without a running engine is
// common.
func (f *finder) engine(ctx context.Context) (install, bool) {
	path, err := f.look("docker")
	if err != nil {
		f.note("docker", false, "no docker on PATH")
		return install{}, false
	}
	version, err := docker(ctx, path, "info", "--format", "{{.ServerVersion}}")
	if err == nil && version == "" {
		err = errors.New("the engine does not say its version")
	}
	if err != nil {
		f.note("docker", false, err.Error())
		return install{}, false
	}
	f.note("docker", true, "engine "+version+" can run "+dockerImage)
	return install{docker: path, major: dockerMajor, source: "docker image " + dockerImage}, true
}

// docker runs a short command of the client and returns its trimmed output.
func docker(ctx context.Context, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = 5 * time.Second
	out, err := output(cmd)
	if err != nil {
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(out), nil
}

// containerName is the same for the life of the cluster's folder.
func (c *cluster) containerName() string {
	kind := "dev"
	if c.test {
		kind = "test-" + strings.ToLower(strings.TrimPrefix(filepath.Base(c.dir), c.place.testPrefix()))
	}
	return "entgraph-" + c.place.hash + "-" + kind
}

// volume keeps the dev data.
func (c *cluster) volume() string {
	return c.containerName() + "-data" + strconv.Itoa(dockerMajor)
}

// runArgs are the arguments of docker run.
func (c *cluster) runArgs() []string {
	publish := loopback + "::5432"
	if c.o.Port != 0 {
		publish = fmt.Sprintf("%s:%d:5432", loopback, c.o.Port)
	}
	args := []string{"run", "--detach", "--rm", "--name", c.containerName(),
		"--label", "entgraph.root=" + c.place.root, "--publish", publish,
		"--env", "POSTGRES_HOST_AUTH_METHOD=trust", "--env", "POSTGRES_INITDB_ARGS=" + strings.Join(localeArgs(dockerMajor)[0], " "),
		"--shm-size", "256m"}
	settings := []string{"cluster_name=" + c.containerName(), "max_connections=200", "timezone=UTC"}
	if c.test {
		args = append(args, "--tmpfs", dockerData)
		settings = append(settings, testSettings...)
	} else {
		args = append(args, "--volume", c.volume()+":"+dockerData)
	}
	args = append(args, dockerImage)
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

// runContainer starts the container, or takes over the one a dead owner left.
func (c *cluster) runContainer(ctx context.Context, in install) (*Server, error) {
	box := &container{docker: in.docker, name: c.containerName(), ended: make(chan struct{})}
	if err := os.WriteFile(c.containerFile(), []byte(in.docker+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("note container: %w", err)
	}
	if s, err := c.container(ctx, in.docker); err == nil && c.greetContainer(ctx, s) == nil &&
		(c.o.Port == 0 || c.o.Port == s.port) {
		s.engine, s.source = box, in.source
		return s, nil
	}
	if err := box.remove(ctx); err != nil { // it may exist without running
		return nil, err
	}
	defer announce(c.o.Progress, "starting "+dockerImage+" with docker, which may pull it first")()
	if _, err := docker(ctx, in.docker, c.runArgs()...); err != nil {
		return nil, errors.Join(err, os.Remove(c.containerFile()))
	}
	s, err := c.waitContainer(ctx, in.docker)
	if err != nil {
		return nil, errors.Join(err, box.stop(ctx))
	}
	s.engine, s.source = box, in.source
	return s, nil
}

// container returns the address of the cluster's container.
func (c *cluster) container(ctx context.Context, path string) (*Server, error) {
	out, err := docker(ctx, path, "port", c.containerName(), "5432/tcp")
	if err != nil {
		return nil, err
	}
	port, err := parsePort(out)
	if err != nil {
		return nil, err
	}
	return &Server{cluster: c, host: loopback, port: port, data: dockerData}, nil
}

// parsePort reads what docker port prints: one address a line.
func parsePort(out string) (int, error) {
	for line := range strings.Lines(out) {
		host, port, err := net.SplitHostPort(strings.TrimSpace(line))
		if err != nil || host != loopback {
			continue
		}
		if n, err := strconv.ParseUint(port, 10, 16); err == nil && n > 0 {
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("docker port: no address on %s in %q", loopback, out)
}

// waitContainer waits until the server in the container accepts connections.
// While it prepares its data it listens inside the container only.
func (c *cluster) waitContainer(ctx context.Context, path string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := c.container(ctx, path)
	if err != nil {
		return nil, err
	}
	for {
		err := c.greetContainer(ctx, s)
		if err == nil || errors.Is(err, errStranger) {
			return s, err
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return nil, fmt.Errorf("wait for %s: %w", c.containerName(), err)
		}
	}
}

// errStranger says that another server answers on the container's port.
var errStranger = errors.New("another server answers")

// greetContainer checks that the server on the port is the container's.
func (c *cluster) greetContainer(ctx context.Context, s *Server) error {
	return s.admin(ctx, func(conn *pgx.Conn) error {
		var name string
		if err := conn.QueryRow(ctx, "show cluster_name").Scan(&name); err != nil {
			return fmt.Errorf("ask server for its name: %w", err)
		}
		if name != c.containerName() {
			return fmt.Errorf("%w on port %d: %q instead of %q", errStranger, s.port, name, c.containerName())
		}
		return nil
	})
}

// attachContainer returns the running container of another process, nil when it
// is not ready.
func (c *cluster) attachContainer(ctx context.Context) (*Server, error) {
	path, err := c.containerDocker()
	if err != nil {
		return nil, err
	}
	s, err := c.container(ctx, path)
	if err != nil || c.greetContainer(ctx, s) != nil {
		return nil, nil // not yet, or no longer; the caller looks again
	}
	s.source = "docker container already running as " + c.containerName()
	return s, nil
}

// containerDocker returns the docker command that started the container.
func (c *cluster) containerDocker() (string, error) {
	text, err := readFile(c.containerFile())
	if err != nil {
		return "", fmt.Errorf("read container file: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// removeContainer removes the cluster's container with its data, if there is one.
func (c *cluster) removeContainer(ctx context.Context) error {
	path, err := c.containerDocker()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	box := &container{docker: path, name: c.containerName()}
	if err := box.remove(ctx); err != nil {
		return err
	}
	if !c.test {
		if _, err := docker(ctx, path, "volume", "rm", "--force", c.volume()); err != nil {
			return err
		}
	}
	if err := remove(c.containerFile()); err != nil {
		return fmt.Errorf("remove container file: %w", err)
	}
	return nil
}

func (b *container) done() <-chan struct{} { return b.ended }

// stop stops the container, which removes itself; a volume stays. The image
// asks its server for a fast shutdown.
func (b *container) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if _, err := docker(ctx, b.docker, "stop", "--time", "10", b.name); err != nil {
		if rm := b.remove(ctx); rm != nil {
			return errors.Join(err, rm)
		}
	}
	close(b.ended)
	return nil
}

// remove removes the container. A missing one is no error, which only newer
// clients see the same way.
func (b *container) remove(ctx context.Context) error {
	_, err := docker(ctx, b.docker, "rm", "--force", b.name)
	if err != nil && strings.Contains(err.Error(), "No such container") {
		return nil
	}
	return err
}
