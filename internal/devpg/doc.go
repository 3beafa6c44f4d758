// Package devpg gives development and tests a private Postgres of their own.
//
// # What it gives
//
// [Start] finds server binaries (PG_BIN, pg_config, PATH, the usual folders, an
// npm package, Docker), makes a cluster and runs it as a child of the calling
// process. The dev cluster is durable and there is one per checkout: a second
// Start attaches to it. A test cluster is thrown away by Stop.
// [Clone] and [Empty] give a test a database of its own in milliseconds.
//
// # Where things are
//
// An ordinary user's data is in <root>/.dev/pg. Postgres refuses to run as
// root, so root's data is in /var/tmp/entgraph-<hash8 of the root>, where the
// account that runs the server can reach it even when the checkout is below a
// closed folder. Test clusters are in /dev/shm when it has room. Data folders
// carry the major version (data15), so an upgraded server never meets old files.
//
// # How a server is known
//
// There is no TCP port unless one is asked for: the server listens on a Unix
// socket in a folder that only its account may enter, and after connecting its
// data_directory is compared with ours. Two locks decide everything else:
//
//   - owner.lock is held by the process that must stop the server;
//   - server.lock is inherited by the server and so is held until the last
//     process of the server has gone, whatever happened to its parent.
//
// The kernel drops both when their holders die, so there is no stale state to
// guess about: whoever has both locks may remove a left-over postmaster.pid.
// On Linux the server also gets a fast-shutdown signal when its parent dies;
// elsewhere the next Start stops the orphan.
//
// # What it will not do
//
// It never installs system packages, never uses a server it did not start, and
// offers no durability for test clusters. It is for development: local users
// who can reach the socket are trusted.
package devpg
