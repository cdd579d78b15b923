package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bitline/internal/filelock"
	"bitline/workloads"
)

// compressed is a content as a publisher stores it.
func compressed(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// noise is content that hardly shrinks.
func noise(n int) []byte {
	content := make([]byte, n)
	state := uint32(1)
	for i := range content {
		state = state*1664525 + 1013904223
		content[i] = byte(state >> 24)
	}
	return content
}

// serve answers every request of one server by a function.
func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// whole serves a file, ranges included, and counts the bytes that it was asked for.
func whole(content []byte, sent *int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from := 0
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		*sent += max(0, len(content)-from)
		http.ServeContent(w, r, "file.gz", time.Time{}, bytes.NewReader(content))
	}
}

// cut serves the first bytes of a file and breaks off.
func cut(content []byte, after int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:after])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// fetcher has one set, of one file.
func fetcher(t *testing.T, content []byte, places ...string) *Fetcher {
	t.Helper()
	sum := sha256.Sum256(content)
	f := New(t.TempDir())
	f.offers = []offer{{Published: workloads.Published{
		Name: "set", Folder: "set", Files: []workloads.PublishedFile{{Name: "file", SHA256: hex.EncodeToString(sum[:])}},
	}, places: places}}
	f.stall = 5 * time.Second
	return f
}

// listed is what a folder holds, of all names.
func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestGet downloads a file from places of all kinds; the last one is good.
func TestGet(t *testing.T) {
	content := noise(100_000)
	good := compressed(t, content)
	sent := 0
	last := serve(t, whole(good, &sent))
	closed := httptest.NewServer(nil)
	closed.Close()
	tests := []struct {
		name  string
		place string
		want  int // bytes that the last place sends
	}{
		{"refuses", serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }), len(good)},
		{"is not there", closed.URL + "/", len(good)},
		{"breaks off, and the last place goes on", serve(t, cut(good, 60_000)), len(good) - 60_000},
		{"has another file", serve(t, whole(compressed(t, noise(5000)), new(int))), len(good)},
		{"breaks another file off, whose rest does not fit", serve(t, cut(compressed(t, noise(50_000)[1:]), 10_000)), 2*len(good) - 10_000},
		{"answers a page", serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }), len(good)},
		{"answers with another range", serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 7-9/100")
			w.WriteHeader(http.StatusPartialContent)
		}), len(good)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := fetcher(t, content, tt.place, last)
			sent = 0
			folder, err := f.Get(t.Context(), "set")
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(folder, "file.gz"))
			if err != nil || !bytes.Equal(got, good) {
				t.Errorf("%d bytes (%v), want the file's %d", len(got), err, len(good))
			}
			if sent != tt.want {
				t.Errorf("the last place sent %d bytes, want %d", sent, tt.want)
			}
			if got := listed(t, folder); got != "file.gz" {
				t.Errorf("the folder holds %s, want file.gz alone", got)
			}
			sent = 0
			if _, err := f.Get(t.Context(), "set"); err != nil || sent != 0 {
				t.Errorf("again: %d bytes sent (%v), want none: it is there", sent, err)
			}
		})
	}
}

// TestGetNowhere says what each place answered, and what to do without any.
// One process at a time downloads a set; one that is there needs no lock, and is found
// where nothing may be written.
func TestGetHeld(t *testing.T) {
	content := noise(1000)
	f := fetcher(t, content, serve(t, whole(compressed(t, content), new(int))))
	lock, err := filelock.Take(filepath.Join(f.Dir, "set.lock"), "this data set")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), "set"); err == nil || !strings.Contains(err.Error(), "is at work on this data set (") {
		t.Errorf("error %v, want one that says who downloads it", err)
	}
	if err := os.WriteFile(filepath.Join(f.Dir, "set", "file"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), "set"); err != nil {
		t.Errorf("error %v of a set that is there, want none", err)
	}
	if err := filelock.Remove(lock); err != nil {
		t.Error(err)
	}
}

// A server that labels compressed files as content that is compressed on its way does
// not have them unpacked.
func TestGetLabelled(t *testing.T) {
	content := noise(1000)
	good := compressed(t, content)
	f := fetcher(t, content, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(good)
	}))
	folder, err := f.Get(t.Context(), "set")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "file.gz")); err != nil || !bytes.Equal(got, good) {
		t.Errorf("%d bytes (%v), want the file's %d", len(got), err, len(good))
	}
}

func TestGetNowhere(t *testing.T) {
	content := noise(1000)
	forbidden := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	other := serve(t, whole(compressed(t, []byte("other")), new(int)))
	f := fetcher(t, content, other, forbidden)
	_, err := f.Get(t.Context(), "set")
	folder := filepath.Join(f.Dir, "set")
	for _, want := range []string{
		forbidden + "file.gz: answers 403 Forbidden", other + "file.gz: the SHA-256 of the content is d9298a10", "not the published file",
		"without a network: put file, plain or with .gz, into " + folder,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want it to say %q", err, want)
		}
	}
	if got := listed(t, folder); got != "" {
		t.Errorf("the folder holds %s, want nothing", got)
	}
}

// TestSlow gives a silent server up, and keeps what it has sent.
func TestSlow(t *testing.T) {
	content := noise(100_000)
	good := compressed(t, content)
	silent := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(good)))
		_, _ = w.Write(good[:30_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f := fetcher(t, content, silent)
	f.stall = 200 * time.Millisecond
	_, err := f.Get(t.Context(), "set")
	if err == nil || !strings.Contains(err.Error(), "broken off after 30000 bytes: has sent nothing for 200ms") {
		t.Errorf("%v, want the silence", err)
	}
	sent := 0
	f.offers[0].places = []string{serve(t, whole(good, &sent))}
	if _, err := f.Get(t.Context(), "set"); err != nil || sent != len(good)-30_000 {
		t.Errorf("later %d bytes are sent (%v), want the %d that lack", sent, err, len(good)-30_000)
	}
}

// TestInterrupted keeps what was there, and goes on from it. A download that was
// complete already is not sent again.
func TestInterrupted(t *testing.T) {
	content := noise(100_000)
	good := compressed(t, content)
	ctx, cancel := context.WithCancel(t.Context())
	silent := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(good[:30_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f := fetcher(t, content, silent)
	f.Progress = func(file string, done, total int) {
		if file != "file.gz" || total != -1 {
			t.Errorf("progress of %s, %d of %d; want file.gz of unknown length", file, done, total)
		}
		if done == 30_000 {
			cancel()
		}
	}
	_, err := f.Get(ctx, "set")
	if err == nil || !strings.Contains(err.Error(), "canceled; the same command goes on from there") {
		t.Errorf("%v, want the interruption", err)
	}
	part := filepath.Join(f.Dir, "set", ".file.gz.part")
	if err := os.WriteFile(part, good, 0o644); err != nil { // killed before the check
		t.Fatal(err)
	}
	sent := 0
	f.Progress, f.offers[0].places = nil, []string{serve(t, whole(good, &sent))}
	if _, err := f.Get(t.Context(), "set"); err != nil || sent != 0 {
		t.Errorf("%d bytes sent (%v), want none", sent, err)
	}
}

// archived is a .tar.gz of files.
func archived(t *testing.T, files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return compressed(t, b.Bytes())
}

func archiveFetcher(t *testing.T, archive []byte, md5sum string) *Fetcher {
	f := New(t.TempDir())
	f.offers = []offer{{
		Published: workloads.Published{Name: "set", Folder: "inner", Files: []workloads.PublishedFile{{Name: "a.bin"}, {Name: "b.bin"}}},
		places:    []string{serve(t, whole(archive, new(int)))}, archive: "set.tar.gz", md5: md5sum,
	}}
	return f
}

// TestArchive takes the files out of an archive, wherever they lie in it, and nothing
// else.
func TestArchive(t *testing.T) {
	archive := archived(t, [2]string{"inner/readme.html", "x"}, [2]string{"inner/a.bin", "first"}, [2]string{"../../b.bin", "second"}, [2]string{"../evil", "x"})
	f := archiveFetcher(t, archive, fmt.Sprintf("%x", md5.Sum(archive)))
	folder, err := f.Get(t.Context(), "set")
	if err != nil {
		t.Fatal(err)
	}
	if got := listed(t, folder); got != "COPY a.bin b.bin" {
		t.Errorf("the folder holds %s, want COPY, a.bin and b.bin", got)
	}
	if got := listed(t, f.Dir); got != "inner" {
		t.Errorf("%s holds %s, want inner alone", f.Dir, got)
	}
	b, err := os.ReadFile(filepath.Join(folder, "b.bin"))
	if err != nil || string(b) != "second" {
		t.Errorf("b.bin is %q (%v), want second", b, err)
	}
	left := filepath.Join(f.Dir, ".set.tar.gz.part") // by one who was killed after the last file
	if err := os.WriteFile(left, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), "set"); err != nil || listed(t, f.Dir) != "inner" {
		t.Errorf("again: %v, and %s holds %s, want inner alone", err, f.Dir, listed(t, f.Dir))
	}
}

func TestArchiveFaults(t *testing.T) {
	short := archived(t, [2]string{"inner/a.bin", "first"})
	tests := []struct {
		name    string
		archive []byte
		md5     string
		want    string
	}{
		{"another archive", short, "00", "the MD5 is"},
		{"a file short", short, fmt.Sprintf("%x", md5.Sum(short)), "unpacking set.tar.gz: it lacks b.bin"},
		{"no archive", []byte("text"), fmt.Sprintf("%x", md5.Sum([]byte("text"))), "unpacking set.tar.gz:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := archiveFetcher(t, tt.archive, tt.md5).Get(t.Context(), "set")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want it to say %q", err, tt.want)
			}
		})
	}
}

// TestTooLarge refuses what no published file has.
func TestTooLarge(t *testing.T) {
	f := fetcher(t, nil, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(mostBytes+1))
	}))
	if _, err := f.Get(t.Context(), "set"); err == nil || !strings.Contains(err.Error(), "offers 268435457 bytes, want at most 268435456") {
		t.Errorf("%v, want the size refused", err)
	}
}

// TestOffers has a place and a sum for every published file.
func TestOffers(t *testing.T) {
	for _, o := range offers() {
		if len(o.places) == 0 {
			t.Errorf("%s is offered nowhere", o.Name)
		}
		for _, file := range o.Files {
			if o.archive == "" && len(file.SHA256) != 2*sha256.Size {
				t.Errorf("%s of %s has the sum %q", file.Name, o.Name, file.SHA256)
			}
		}
		if o.archive != "" && len(o.md5) != 2*md5.Size {
			t.Errorf("the archive of %s has the sum %q", o.Name, o.md5)
		}
	}
	if _, err := New("").Get(t.Context(), "digits"); err == nil || !strings.Contains(err.Error(), "want one of mnist, fashion-mnist, cifar10") {
		t.Errorf("%v, want the names of what can be downloaded", err)
	}
}
