// Package pipeline does the main job: from a TOML file to accuracy, latency,
// energy and area. Run is the place to start reading.
package pipeline

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"bitline/arch"
	"bitline/configs"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/scheduler"
	"bitline/workloads"
	"bitline/workloads/train"
)

// Job says what to run: which network, with which weights, on which data and
// chip. It is immutable once loaded.
type Job struct {
	Name       string
	Chip       *arch.Chip
	Network    *workloads.Network
	Checkpoint string // an embedded name or a file; "" for none
	// Weights is a file of float weights, "" for none. Without a checkpoint and
	// without weights the job trains.
	Weights string
	// Normalization is that of the images on which the weights were trained; nil
	// where they take images as the data set gives them.
	Normalization *workloads.Normalization
	DataSet       string
	// Calibration is how many training images observe sums and refit affines.
	Calibration int
	Train       train.Config
	Images      int // test images to replay; 0 for all
	// Statistics says what a replay records; "" records sums where the network is
	// a chain of linear layers, and clips alone elsewhere, which is much faster.
	Statistics crossbar.Level
	Simulation scheduler.Options
	// Command is the command line that runs this job.
	Command string
}

// jobKeys are the keys that belong to a job; overrides of other keys go to its
// chip.
func jobKeys() []string {
	return []string{"name", "base", "chip", "network", "checkpoint", "weights", "import", "data", "train", "replay", "simulate"}
}

// LoadJob reads a job, its chip and its network. Each override is key=value; a
// key that is not the job's own, such as adc.bits, is its chip's.
func LoadJob(name string, sets []string) (*Job, error) {
	var own, chips []string
	for _, s := range sets {
		if key, _, _ := strings.Cut(s, "="); isJobKey(strings.TrimSpace(key)) {
			own = append(own, s)
		} else {
			chips = append(chips, s)
		}
	}
	t, err := config.Load(source("jobs"), name, own)
	if err != nil {
		return nil, err
	}
	j := &Job{Name: t.String("name", name), Command: command(name, sets)}
	t.Require("chip", "network")
	chip, network := t.String("chip", ""), t.String("network", "")
	j.Checkpoint = beside(name, t.String("checkpoint", ""), ".safetensors")
	normalization := j.readWeights(t, name)
	data := t.Table("data")
	j.DataSet = data.Enum("set", "digits", workloads.DatasetNames()...)
	j.Calibration = data.Int("calibration", 1000, 1, 1<<20)
	j.Train = train.ReadConfig(t.Table("train"))
	j.Images = t.Table("replay").Int("images", 0, 0, 1<<30)
	if level := t.Table("replay").Enum("statistics", "auto", "auto", string(crossbar.Sums), string(crossbar.Clips)); level != "auto" {
		j.Statistics = crossbar.Level(level)
	}
	j.Simulation.Images = t.Table("simulate").Int("images", 0, 0, 1<<20)
	faulty := t.Finish()
	faults := []error{faulty}
	if chip != "" || faulty == nil { // an absent name is a fault already
		j.Chip, err = LoadChip(beside(name, chip, ".toml"), chips)
		faults = append(faults, err)
	}
	if network != "" || faulty == nil {
		j.Network, err = loadNetwork(beside(name, network, ".toml"))
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := j.checkNormalization(normalization); err != nil {
		return nil, err
	}
	j.Train.WeightBits = j.Chip.Encoding.MagnitudeBits()
	j.Train.CellBits = j.Chip.Crossbar.CellBits
	return j, nil
}

// command quotes overrides as a shell needs them.
func command(name string, sets []string) string {
	line := "bitline run " + name
	for _, s := range sets {
		if strings.ContainsAny(s, " []\"'\\$&|;<>()*?#") {
			s = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		line += " --set " + s
	}
	return line
}

// LoadChip reads a chip by name or file. A chip whose power or area no sum can
// hold is an error.
func LoadChip(name string, sets []string) (*arch.Chip, error) {
	chip, err := arch.Load(source("chips"), name, sets)
	if err != nil {
		return nil, err
	}
	if _, err := chip.Bill(); err != nil {
		return nil, err
	}
	return chip, nil
}

func loadNetwork(name string) (*workloads.Network, error) {
	t, err := config.Load(source("networks"), name, nil)
	if err != nil {
		return nil, err
	}
	n := workloads.ReadNetwork(t)
	return n, t.Finish()
}

func source(kind string) config.Source {
	return config.Source{Embedded: configs.Files(), Kind: kind}
}

func isJobKey(key string) bool {
	first, _, _ := strings.Cut(key, ".")
	return slices.Contains(jobKeys(), strings.Trim(strings.TrimSpace(first), `"'`))
}

// isFile says whether a name is a file rather than embedded.
func isFile(name, ending string) bool {
	return strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, ending)
}

// beside places a file that a job's file names beside that file.
func beside(job, name, ending string) string {
	if !isFile(name, ending) || filepath.IsAbs(name) || !isFile(job, ".toml") {
		return name
	}
	path := filepath.Join(filepath.Dir(job), name)
	if !isFile(path, ending) { // a bare file name beside a job in the working directory
		path = "." + string(filepath.Separator) + path
	}
	return path
}

// readCheckpoint reads a model from a file or an embedded checkpoint.
func readCheckpoint(name string) (*workloads.Model, error) {
	if isFile(name, ".safetensors") {
		return workloads.ReadModel(name)
	}
	file := "checkpoints/" + name + ".safetensors"
	content, err := fs.ReadFile(configs.Files(), file)
	if err != nil {
		return nil, unknownCheckpoint(name)
	}
	return workloads.DecodeModel(file, content)
}
