package pipeline

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"bitline/configs"
	"bitline/internal/config"
	"bitline/internal/wholefile"
	"bitline/workloads"
)

// Contents is all that the files say from which a job is read under overrides: the
// keys of its own, of its chip's and its network's, with those that they start from,
// and a digest of each checkpoint and file of weights. Jobs of equal contents and
// overrides are equal. A file that is not what it should be has its fault in its
// place; one that the system does not give is an error.
func Contents(name string, sets []string) (string, error) {
	own, _ := deal(sets)
	c := contents{job: name}
	job, err := c.document("jobs", name, own)
	if err != nil || job == nil {
		return c.text.String(), err
	}
	for _, kind := range []string{"chip", "network"} {
		if other := text(job, kind); other != "" {
			_, fault := c.document(kind+"s", config.Beside(name, other, ".toml"), nil)
			err = errors.Join(err, fault)
		}
	}
	for _, file := range []string{text(job, "checkpoint"), text(job, "weights"), text(job.Table("train").Table("adc"), "start"), text(job.Table("train").Table("teacher"), "checkpoint")} {
		err = errors.Join(err, c.weights(file))
	}
	return c.text.String(), err
}

// contents gathers what a job's files say.
type contents struct {
	job  string // beside which the others lie
	text strings.Builder
}

// text is a key's value, "" unless it is a text.
func text(t *config.Table, key string) string {
	v, _ := t.Value(key)
	s, _ := v.(string)
	return s
}

// document adds a TOML file; nil for one that has a fault.
func (c *contents) document(kind, name string, sets []string) (*config.Table, error) {
	t, err := config.Load(source(kind), name, sets)
	if err != nil {
		if IsSystemFault(err) {
			return nil, err
		}
		fmt.Fprintf(&c.text, "%s %v\n", kind, err)
		return nil, nil
	}
	for _, key := range t.Keys() {
		value, _ := t.Value(key)
		fmt.Fprintf(&c.text, "%s %s %#v\n", kind, key, value) // keys of tables in their order
	}
	return t, nil
}

// weights adds a checkpoint or a file of weights, unless there is none.
func (c *contents) weights(name string) error {
	if name == "" {
		return nil
	}
	digest, err := digestOfWeights(config.Beside(c.job, name, ".safetensors"))
	fmt.Fprintf(&c.text, "weights %s\n", digest)
	return err
}

// ReadDigest is the SHA-256, in hex, of each checkpoint that the job's training reads:
// of what it starts from and of what it follows; "" where there is none.
func (j *Job) ReadDigest() (string, error) {
	var all []string
	for _, r := range trainingReads(&j.Train) {
		digest, err := digestOfWeights(*r.name)
		if err != nil {
			return "", fmt.Errorf("key %s: %w", r.key, err)
		}
		all = append(all, digest)
	}
	return strings.Join(all, " "), nil
}

// digestOfWeights is the SHA-256, in hex, of a file or of a shipped checkpoint; of an
// unknown name, that of nothing.
func digestOfWeights(name string) (string, error) {
	var content []byte
	var err error
	if config.IsFileOf(name, ".safetensors") {
		if content, err = wholefile.Read(name, workloads.MaxFile); err != nil {
			return "", err
		}
	} else if shipped, err := fs.ReadFile(configs.Files(), "checkpoints/"+name+shippedEnding); err == nil {
		content = shipped
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}

// IsSystemFault says whether an error is the system's, such as a file that cannot be
// read or a full disk, and no job's own.
func IsSystemFault(err error) bool {
	_, is := errors.AsType[syscall.Errno](err)
	return is
}
