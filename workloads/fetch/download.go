package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bitline/workloads"
)

// mostBytes bounds a download: more than the largest published file has.
const mostBytes = 256 << 20

// partOf is the temporary name under which a file is downloaded.
func partOf(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
}

// download gets a file from the first place whose content passes the check, under its
// temporary name. What one place has sent of it stays, and the next goes on from
// there; if the whole is wrong then, the place is asked for all of it.
func (f *Fetcher) download(ctx context.Context, places []string, path string, check func(part string) error) error {
	part := partOf(path)
	var faults []string
	for _, place := range places {
		for range 2 {
			resumed := workloads.IsFile(part)
			err := f.receive(ctx, place, part)
			if err != nil {
				if err := dropEmpty(part); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				faults = append(faults, fmt.Sprintf("  %s: %v", place, err))
				break
			}
			wrong := check(part)
			if wrong == nil {
				return nil
			}
			if err := os.Remove(part); err != nil {
				return err
			}
			if !resumed {
				faults = append(faults, fmt.Sprintf("  %s: %v", place, wrong))
				break
			}
		}
	}
	return fmt.Errorf("%s could be had nowhere:\n%s", filepath.Base(path), strings.Join(faults, "\n"))
}

// dropEmpty removes a file of which nothing came.
func dropEmpty(part string) error {
	if info, err := os.Stat(part); err != nil || info.Size() > 0 {
		return nil
	}
	return os.Remove(part)
}

// receive gets what a file has not of a URL.
func (f *Fetcher) receive(ctx context.Context, from, part string) (err error) {
	file, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	answer, err := f.client.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err // whoever asks knows the URL
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusPartialContent:
		if sent := answer.Header.Get("Content-Range"); !strings.HasPrefix(sent, fmt.Sprintf("bytes %d-", have)) {
			return fmt.Errorf("answers with the range %q, want bytes from %d on", sent, have)
		}
	case http.StatusRequestedRangeNotSatisfiable: // all of it is there, or more: the check will say
		return nil
	case http.StatusOK:
		have = 0
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := file.Truncate(0); err != nil {
			return err
		}
	default:
		return fmt.Errorf("answers %s", answer.Status)
	}
	if have+answer.ContentLength > mostBytes {
		return fmt.Errorf("offers %d bytes, want at most %d", have+answer.ContentLength, mostBytes)
	}
	quiet := fmt.Errorf("has sent nothing for %v", f.stall)
	timer := time.AfterFunc(f.stall, func() { cancel(quiet) })
	defer timer.Stop()
	in := &meter{in: answer.Body, done: have, total: have + answer.ContentLength, heard: func(done, total int64) {
		timer.Reset(f.stall)
		if f.Progress != nil {
			f.Progress(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(part), "."), ".part"), int(done), int(total))
		}
	}}
	if answer.ContentLength < 0 {
		in.total = -1
	}
	if _, err = io.Copy(file, in); errors.Is(context.Cause(ctx), quiet) {
		err = quiet
	}
	if err != nil {
		return fmt.Errorf("broken off after %d bytes: %w", in.done, err)
	}
	return file.Sync()
}

// meter counts what is read, up to mostBytes.
type meter struct {
	in          io.Reader
	done, total int64
	heard       func(done, total int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.done += int64(n)
	if m.done > mostBytes {
		return 0, fmt.Errorf("more than %d bytes", mostBytes)
	}
	if n > 0 {
		m.heard(m.done, m.total)
	}
	return n, err
}

// rename gives a file that is complete its name.
func rename(part, path string) error {
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
