package pipeline

import (
	"context"
	"fmt"

	"bitline/adc"
	"bitline/crossbar"
	"bitline/scheduler"
	"bitline/scheduler/timing"
	"bitline/workloads"
)

// Values is what a job's test images come to on its crossbars. A job without values
// has resolutions alone, and what it assumes of its data.
type Values struct {
	data   *workloads.Dataset
	model  *workloads.Model
	bits   [][]int // layers × slices
	replay *scheduler.Replay
	// sensitivity is empty where nobody asked for it.
	sensitivity []LayerSensitivity
	activity    *timing.Activity
}

// Outcome is what a record of figures needs of a job's values; it is small enough to
// be kept from one process to the next.
type Outcome struct {
	Bits                          [][]int
	Images, Correct, CorrectExact int
}

// Memory keeps outcomes by the content of all that they depend on.
type Memory interface {
	Outcome(key string) (o Outcome, ok bool)
	Keep(key string, o Outcome) error
}

// Computed is a job's values, or why it has none.
type Computed struct {
	Values *Values
	Err    error
}

func (j *Job) values(ctx context.Context, host Host) (*Values, error) {
	all, err := Compute(ctx, host, []*Job{j})
	if err != nil {
		return nil, err
	}
	return all[0].Values, all[0].Err
}

// Compute computes the values of jobs that agree in ReplayKey, with one model and in
// one pass over the test images. An error belongs to all of them.
func Compute(ctx context.Context, host Host, jobs []*Job) ([]Computed, error) {
	if !jobs[0].HasValues() {
		var all []Computed
		for _, j := range jobs {
			v, err := j.assume()
			all = append(all, Computed{v, err})
		}
		return all, nil
	}
	p, err := newPass(ctx, host, jobs[0])
	if err != nil {
		return nil, err
	}
	if p.replayer, err = scheduler.NewReplayer(p.first.Chip, p.model); err != nil {
		return nil, err
	}
	return p.compute(jobs)
}

// ReplayKey holds all that a job's values depend on but its converters' resolutions
// and recalibration: jobs of one key can be computed in one pass. It is "" for a job
// that agrees with no other, as its own chip decides what it records.
func (j *Job) ReplayKey() string {
	if !j.HasValues() {
		return NoData
	}
	if j.followsData() && j.assumed() == nil {
		return ""
	}
	return j.ModelKey() + "|" + j.replayKey()
}

// replayKey is ReplayKey without the model.
func (j *Job) replayKey() string {
	a := j.Chip.ADC
	return fmt.Sprintf("%s|%d|%d|%s|%+v|%s %g %g", j.DataSet, j.Calibration, j.Images, j.Statistics, j.Chip.Design(nil), a.Range, a.Low, a.High)
}

// ModelKey holds all that a job's model depends on but the contents of files.
func (j *Job) ModelKey() string {
	text := fmt.Sprintf("%s|%v %+v|%q|%q", j.DataSet, j.Network.Input, j.Network.Layers, j.Checkpoint, j.Weights)
	switch {
	case j.Checkpoint != "":
		return text
	case j.Weights != "":
		return fmt.Sprintf("%s|%d|%d bits|%+v", text, j.Calibration, j.Train.WeightBits, j.Normalization)
	}
	return text + "|" + j.TrainingKey()
}

// pass is one pass over the test images for several jobs.
type pass struct {
	ctx      context.Context
	host     Host
	first    *Job
	data     *workloads.Dataset
	model    *workloads.Model
	test     workloads.Images
	replayer *scheduler.Replayer // of the first job's chip, which lays out the crossbars of all
	keys     []string            // of the plans
	plans    []scheduler.Plan
}

// newPass takes the first job's model and images.
func newPass(ctx context.Context, host Host, first *Job) (*pass, error) {
	p := &pass{ctx: ctx, host: host, first: first}
	var err error
	if p.data, err = first.data(host); err != nil {
		return nil, err
	}
	if p.model, err = first.model(ctx, host, p.data); err != nil {
		return nil, err
	}
	p.test, err = first.testImages(p.data)
	return p, err
}

// compute finds the plan of every job and replays the different ones that nothing
// remembers.
func (p *pass) compute(jobs []*Job) ([]Computed, error) {
	memory, err := p.memory()
	if err != nil {
		return nil, err
	}
	all, plans := make([]Computed, len(jobs)), make([]int, len(jobs))
	for i, j := range jobs {
		v := &Values{data: p.data, model: p.model}
		if memory.recall(j, v) {
			all[i].Values, plans[i] = v, -1
			continue
		}
		if plans[i], v.bits, all[i].Err = p.plan(j); all[i].Err == nil {
			all[i].Values = v
		}
	}
	replays, err := p.replayer.RunMany(p.ctx, p.test, p.plans, func(done int) { p.host.progress("replaying", done, p.test.Len(), "") })
	if err != nil {
		return nil, err
	}
	for i, j := range jobs {
		v := all[i].Values
		if v == nil || plans[i] < 0 {
			continue
		}
		v.replay = replays[plans[i]]
		if err := memory.keep(j, v); err != nil {
			return nil, err
		}
		if j.followsData() {
			v.activity, all[i].Err = j.record(p.replayer, p.test, p.plans[plans[i]])
		}
	}
	return all, nil
}

// plan is the number of a job's plan, which it adds where no job before has an equal
// one, and its resolutions.
func (p *pass) plan(j *Job) (number int, bits [][]int, err error) {
	calibration := p.data.Calibration(j.Calibration)
	r := p.replayer
	if j.Chip.ADC.Auto != adc.Given && j != p.first { // the rule looks at its own converters
		if r, err = scheduler.NewReplayer(j.Chip, p.model); err != nil {
			return 0, nil, err
		}
	}
	if j.Chip.ADC.Auto == adc.Given {
		bits, err = j.givenBits()
	} else {
		bits, err = r.Bits(p.ctx, calibration)
	}
	if err != nil {
		return 0, nil, err
	}
	key := fmt.Sprint(bits, j.Chip.ADC.Recalibrate)
	for i, k := range p.keys {
		if k == key {
			return i, bits, nil
		}
	}
	plan := scheduler.Plan{Bits: bits, Statistics: j.statistics()}
	if j.Chip.ADC.Recalibrate == adc.AffineRecalibration {
		if plan.Affines, err = p.replayer.Recalibrate(p.ctx, bits, calibration); err != nil {
			return 0, nil, err
		}
	}
	p.keys, p.plans = append(p.keys, key), append(p.plans, plan)
	return len(p.plans) - 1, bits, nil
}

// givenBits are the chip's resolutions for each of the network's layers.
func (j *Job) givenBits() ([][]int, error) {
	bits, err := j.Chip.ADC.PerLayer(j.Network.MatrixNames(), j.Chip.Slicing().Count)
	if err != nil {
		return nil, fmt.Errorf("network %s on chip %s: %w", j.Network.Name, j.Chip.Name, err)
	}
	return bits, nil
}

// assume takes the chip's resolutions, where no values say what they could be.
func (j *Job) assume() (*Values, error) {
	if j.Chip.ADC.Auto != adc.Given {
		return nil, fmt.Errorf("chip %s has adc.bits = \"auto\" with adc.auto = %q, which wants values: give resolutions, or a data set instead of data.set = %q",
			j.Chip.Name, j.Chip.ADC.Auto, NoData)
	}
	bits, err := j.givenBits()
	if err != nil {
		return nil, err
	}
	v := &Values{bits: bits, activity: j.assumed()}
	if j.followsData() && v.activity == nil {
		return nil, fmt.Errorf("time or energy of chip %s follow the data, of which data.set = %q has none: want an assumed activity (key simulate.activity, over 0 to 1)",
			j.Chip.Name, NoData)
	}
	return v, nil
}

// testImages are those that are replayed.
func (j *Job) testImages(data *workloads.Dataset) (workloads.Images, error) {
	if j.Images > data.Test.Len() {
		return workloads.Images{}, fmt.Errorf("replay.images is %d, want at most the %d test images of %s", j.Images, data.Test.Len(), data.Name)
	}
	if j.Images > 0 {
		return data.Test.Slice(0, j.Images), nil
	}
	return data.Test, nil
}

// data loads the job's data set, which must suit the job.
func (j *Job) data(host Host) (*workloads.Dataset, error) {
	data, err := workloads.Load(host.Data, j.DataSet)
	if err != nil {
		return nil, err
	}
	return data, j.CheckData(data)
}

// CheckData is an error if the network does not take the images of a data set or has
// not an output for each of its classes, or if there are fewer of them than the job
// asks for.
func (j *Job) CheckData(data *workloads.Dataset) error {
	n := j.Network
	if have, want := n.Input, data.Test.Shape; have != want {
		return fmt.Errorf("network %s takes images of %s, want the %s of data set %s", n.Name, have, want, data.Name)
	}
	if have, want := n.Classes(), data.Classes; have != want {
		return fmt.Errorf("network %s has %d outputs, want one for each of the %d classes of data set %s", n.Name, have, want, data.Name)
	}
	if have := data.Train.Len(); j.Calibration > have {
		return fmt.Errorf("data.calibration is %d, want at most the %d training images of %s", j.Calibration, have, data.Name)
	}
	_, err := j.testImages(data)
	return err
}

// statistics is what the replay records.
func (j *Job) statistics() crossbar.Level {
	if j.Statistics != "" {
		return j.Statistics
	}
	if _, chain := j.Network.IsChain(); chain {
		return crossbar.Sums
	}
	return crossbar.Clips
}
