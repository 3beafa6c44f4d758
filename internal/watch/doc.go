// Package watch tells which sources of a project have changed, and what follows from that.
//
// [Open] reads the sources below a folder; [Watcher.Next] waits until some of them have other
// contents, and gives those of one burst at once, such as a checkout of another branch or an
// editor that writes by way of a temporary file. What is generated, built or only touched is no
// change. Events of the system do nothing but wake it: what has changed it finds by reading, so
// that an event that is lost, or comes twice, does no harm.
//
// Next is for one goroutine; another may call Quietly, Sum and Newer.
package watch
