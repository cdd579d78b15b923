// Package pipeline does the main job: from a TOML file to accuracy, latency,
// energy and area. Run is the place to start reading.
package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"bitline/adc"
	"bitline/arch"
	"bitline/configs"
	"bitline/crossbar"
	"bitline/internal/config"
	"bitline/scheduler/timing"
	"bitline/workloads"
	"bitline/workloads/train"
)

// Job says what to run: which network, with which weights, on which data and
// chip. Whoever loads one may set its checkpoint and the options of its simulation
// before it runs; from then on it is immutable.
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
	// DataSet is the name of a data set, or NoData.
	DataSet string
	// Calibration is how many training images observe sums and refit affines.
	Calibration int
	Train       train.Config
	Images      int // test images to replay; 0 for all
	// Statistics says what a replay records; "" records sums where the network is
	// a chain of linear layers, and clips alone elsewhere, which is much faster.
	Statistics crossbar.Level
	// Sensitivity asks what the converters of every single layer cost.
	Sensitivity bool
	Simulation  timing.Options
	activity    activityKeys
	Command     Command // that runs this job
	// own and chips are what the job and its chip were read from.
	own, chips *config.Table
	// training are the overrides of keys of the training.
	training []string
	// chip and network are their names or files.
	chip, network string
}

// NoData is the data set of a job that computes no values: it maps shapes,
// simulates the chip and accounts for it, and needs no weights.
const NoData = "none"

// HasValues says whether the job computes values.
func (j *Job) HasValues() bool { return j.DataSet != NoData }

// CheckValues is an error unless the job computes values.
func (j *Job) CheckValues() error {
	if !j.HasValues() {
		return fmt.Errorf("job %s has data.set = %q and computes no values, want a data set", j.Name, NoData)
	}
	return nil
}

// jobKeys are the keys that belong to a job; overrides of other keys go to its
// chip.
func jobKeys() []string {
	return []string{"name", "base", "chip", "override", "network", "checkpoint", "weights", "import", "data", "train", "replay", "simulate"}
}

// LoadJob reads a job, its chip and its network. The job's table [override]
// holds keys of the chip that it changes. Each override of sets is key=value; a
// key that is not the job's own, such as adc.bits, is its chip's.
func LoadJob(name string, sets []string) (*Job, error) { return new(Loader).LoadJob(name, sets) }

// Loader loads many jobs, as LoadJob does, from files that it reads once. Several
// goroutines may use one.
type Loader struct{ memo config.Memo }

// LoadJob is the function of that name.
func (l *Loader) LoadJob(name string, sets []string) (*Job, error) {
	own, chips := deal(sets)
	t, err := config.Load(l.source("jobs"), name, own)
	if err != nil {
		return nil, err
	}
	return readJob(t, Job{Name: config.Stem(name), Command: Command{Job: name, Sets: sets}, training: ofTraining(own)}, jobFiles{name, chips, l})
}

func (l *Loader) source(kind string) config.Source {
	s := source(kind)
	s.Memo = &l.memo
	return s
}

// JobOf is a job without a file: a network on a chip, shapes alone unless sets say
// otherwise. Names of files are as they are.
func JobOf(chip, network string, sets []string) (*Job, error) {
	own, chips := deal(sets)
	own = append([]string{"chip=" + chip, "network=" + network, "data.set=" + NoData}, own...)
	t, err := config.Parse("", nil, own)
	if err != nil {
		return nil, err
	}
	j := Job{Name: config.Stem(network) + "-" + config.Stem(chip), Command: Command{Chip: chip, Network: network, Sets: sets}}
	j.training = ofTraining(own)
	return readJob(t, j, jobFiles{"", chips, new(Loader)})
}

// WithoutTraining leaves out the overrides of keys of the training.
func WithoutTraining(sets []string) []string {
	return slices.DeleteFunc(slices.Clone(sets), isOfTraining)
}

// ofTraining are the overrides of keys of the training.
func ofTraining(sets []string) []string {
	return slices.DeleteFunc(slices.Clone(sets), func(s string) bool { return !isOfTraining(s) })
}

func isOfTraining(set string) bool {
	key, _, _ := config.CutSet(set)
	return firstWord(key) == "train"
}

// CheckTraining is an error if an override sets a key of the training, and the job
// trains nothing: it would change nothing, and seem to.
func (j *Job) CheckTraining() error {
	if j.Trains() || len(j.training) == 0 {
		return nil
	}
	why := fmt.Sprintf("takes the checkpoint %s, want checkpoint=\"\" beside it", j.Checkpoint)
	switch {
	case !j.HasValues():
		why = fmt.Sprintf("has data.set = %q and computes no values, want a data set", NoData)
	case j.Checkpoint == "":
		why = fmt.Sprintf("imports the weights %s, want weights=\"\" beside it", j.Weights)
	}
	return fmt.Errorf("%s changes nothing: the job trains nothing, it %s", j.training[0], why)
}

// Files are the files from which the job was read, and those that its training reads.
func (j *Job) Files() []string {
	all := append(j.own.Files(), j.chips.Files()...)
	if config.IsFile(j.network) {
		all = append(all, j.network)
	}
	for _, r := range trainingReads(&j.Train) {
		if config.IsFileOf(*r.name, ".safetensors") {
			all = append(all, *r.name)
		}
	}
	return all
}

// trainingRead is a checkpoint that a training reads.
type trainingRead struct {
	key  string
	name *string
}

// trainingReads are the checkpoints that a training reads: what it starts from and
// what it follows.
func trainingReads(c *train.Config) []trainingRead {
	var all []trainingRead
	if c.Through != nil {
		all = append(all, trainingRead{"train.adc.start", &c.Through.Name})
	}
	if c.Teacher != nil {
		all = append(all, trainingRead{"train.teacher.checkpoint", &c.Teacher.Name})
	}
	return all
}

// deal parts a job's own overrides from its chip's.
func deal(sets []string) (own, chips []string) {
	for _, s := range sets {
		if key, _, _ := config.CutSet(s); slices.Contains(jobKeys(), firstWord(key)) {
			own = append(own, s)
		} else {
			chips = append(chips, s)
		}
	}
	return own, chips
}

// jobFiles says beside which file the job's others lie, and the overrides of its
// chip.
type jobFiles struct {
	job    string
	chips  []string
	loader *Loader
}

// readJob reads a job over its name and command.
func readJob(t *config.Table, job Job, files jobFiles) (*Job, error) {
	j := &job
	j.Name = t.String("name", j.Name)
	t.Require("chip", "network")
	chip, network := t.String("chip", ""), t.String("network", "")
	j.chip = config.Beside(files.job, chip, ".toml")
	j.Checkpoint = config.Beside(files.job, t.String("checkpoint", ""), ".safetensors")
	normalization := j.readWeights(t, files.job)
	j.readData(t)
	j.Train = train.ReadConfig(t.Table("train"))
	for _, r := range trainingReads(&j.Train) {
		*r.name = config.Beside(files.job, *r.name, ".safetensors")
	}
	j.readSimulation(t.Table("simulate"))
	part := t.Part("override")
	faulty := t.Finish()
	j.own = t
	faults := []error{faulty}
	var err error
	if chip != "" || faulty == nil { // an absent name is a fault already
		j.Chip, j.chips, err = files.loader.chip(j.chip, part, files.chips)
		faults = append(faults, err)
	}
	if network != "" || faulty == nil {
		j.network = config.Beside(files.job, network, ".toml")
		j.Network, err = files.loader.network(j.network)
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if err := j.checkNormalization(normalization); err != nil {
		return nil, err
	}
	if j.HasValues() {
		if err := j.Network.CheckValues(); err != nil { // before anything is trained
			return nil, fmt.Errorf("network %s: %w; want data.set = %q, for shapes alone", j.Network.Name, err, NoData)
		}
	}
	if j.Chip.ADC.Auto == adc.Given {
		if _, err := j.givenBits(); err != nil {
			return nil, err
		}
	}
	j.Train.WeightBits = j.Chip.Encoding.MagnitudeBits()
	j.Train.CellBits = j.Chip.Crossbar.CellBits
	return j, nil
}

// readData reads what is replayed.
func (j *Job) readData(t *config.Table) {
	data, replay := t.Table("data"), t.Table("replay")
	j.DataSet = data.Enum("set", "digits", append(workloads.DatasetNames(), NoData)...)
	j.Calibration = data.Int("calibration", 1000, 1, 1<<20)
	j.Images = replay.Int("images", 0, 0, 1<<30)
	if level := replay.Enum("statistics", "auto", "auto", string(crossbar.Sums), string(crossbar.Clips)); level != "auto" {
		j.Statistics = crossbar.Level(level)
	}
}

// readSimulation reads how the chip is simulated.
func (j *Job) readSimulation(t *config.Table) {
	j.Simulation.Images = t.Int("images", 0, 0, 1<<20)
	j.Simulation.InFlight = t.Int("in_flight", 0, 0, 1<<20)
	j.Simulation.Steady = t.Float("steady", timing.DefaultSteady, 1e-6, 0.1)
	j.activity = readActivity(t)
}

// documents are what the job and its chip were read from, each as one TOML text with
// its bases and overrides merged.
func (j *Job) documents() (job, chip string, err error) {
	if job, err = j.own.TOML(); err != nil {
		return "", "", err
	}
	chip, err = j.ChipDocument()
	return job, chip, err
}

// ChipDocument is what the job's chip was read from, as one TOML text with its bases
// and overrides merged: chips of equal documents are equal.
func (j *Job) ChipDocument() (string, error) { return j.chips.TOML() }

// LoadChip reads a chip by name or file. A chip whose power or area no sum can
// hold is an error.
func LoadChip(name string, sets []string) (*arch.Chip, error) {
	chip, _, err := new(Loader).chip(name, config.Part{}, sets)
	return chip, err
}

// chip gives the chip's table as well.
func (l *Loader) chip(name string, part config.Part, sets []string) (*arch.Chip, *config.Table, error) {
	chip, table, err := arch.LoadDocument(l.source("chips"), name, part, sets)
	if err != nil {
		return nil, nil, err
	}
	if _, err := chip.Bill(); err != nil {
		return nil, nil, err
	}
	return chip, table, nil
}

// LoadNetwork reads a network by name or file.
func LoadNetwork(name string) (*workloads.Network, error) { return new(Loader).network(name) }

func (l *Loader) network(name string) (*workloads.Network, error) {
	t, err := config.Load(l.source("networks"), name, nil)
	if err != nil {
		return nil, err
	}
	n := workloads.ReadNetwork(t)
	if n.Name == "" {
		n.Name = config.Stem(name)
	}
	return n, t.Finish()
}

func source(kind string) config.Source {
	return config.Source{Embedded: configs.Files(), Kind: kind}
}

// firstWord is the outermost table or key that a key names.
func firstWord(key string) string {
	first, _, _ := strings.Cut(key, ".")
	return strings.Trim(strings.TrimSpace(first), `"'`)
}

// readCheckpoint reads a model from a file or an embedded checkpoint.
func readCheckpoint(name string) (*workloads.Model, error) {
	if config.IsFileOf(name, ".safetensors") {
		return workloads.ReadModel(name)
	}
	file := "checkpoints/" + name + shippedEnding
	content, err := fs.ReadFile(configs.Files(), file)
	if err != nil {
		if _, err := os.Stat(name); err == nil {
			return nil, fmt.Errorf("%s is no checkpoint, want a file that ends in .safetensors or .safetensors.gz", name)
		}
		return nil, unknownCheckpoint(name)
	}
	return workloads.DecodeModel(file, content)
}
