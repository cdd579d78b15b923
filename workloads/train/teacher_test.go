package train

import (
	"bytes"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"bitline/internal/config"
	"bitline/workloads"
)

// followed is the loss of type Teacher in float64, from its formula.
func followed(h *Teacher, logits, outputs [][]float64, labels []uint8) float64 {
	loss := 0.0
	over := func(row []float64, by float64) []float64 {
		scaled := make([]float64, len(row))
		for j, v := range row {
			scaled[j] = v / by
		}
		return softmax(scaled)
	}
	for i, row := range logits {
		loss -= (1 - h.Share) * math.Log(softmax(row)[labels[i]])
		own, theirs := over(row, h.Temperature), over(outputs[i], h.Temperature)
		for j, p := range theirs {
			loss += h.Share * h.Temperature * h.Temperature * p * math.Log(p/own[j])
		}
	}
	return loss / float64(len(logits))
}

// The loss beside a teacher is that of the formula, and the gradient its slope.
func TestFollow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const images, classes = 3, 4
	for _, h := range []*Teacher{{Share: 0, Temperature: 4}, {Share: 0.5, Temperature: 4}, {Share: 0.7, Temperature: 0.5}, {Share: 1, Temperature: 2}} {
		var logits, outputs [][]float64
		var flat []float32
		var theirs []float64
		for range images {
			own, other := make([]float64, classes), make([]float64, classes)
			for j := range classes {
				v := float32(3 * random.NormFloat64())
				own[j], other[j] = float64(v), 3*random.NormFloat64()
				flat = append(flat, v)
			}
			logits, outputs, theirs = append(logits, own), append(outputs, other), append(theirs, other...)
		}
		labels := []uint8{0, 3, 1}
		gradient := make([]float32, len(flat))
		got := h.follow(flat, gradient, theirs, classes, crossEntropy(flat, gradient, labels, 0))
		if want := followed(h, logits, outputs, labels); math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("share %g, temperature %g: loss is %g, want %g", h.Share, h.Temperature, got, want)
		}
		for i := range images {
			for j := range classes {
				const d = 1e-5
				was := logits[i][j]
				logits[i][j] = was + d
				up := followed(h, logits, outputs, labels)
				logits[i][j] = was - d
				want := (up - followed(h, logits, outputs, labels)) / (2 * d)
				logits[i][j] = was
				if got := float64(gradient[i*classes+j]); math.Abs(got-want) > 1e-6 {
					t.Errorf("share %g, temperature %g: gradient of image %d, class %d is %g, want %g", h.Share, h.Temperature, i, j, got, want)
				}
			}
		}
	}
}

// Outputs that leave no probability to a class have a finite loss.
func TestFollowFarApart(t *testing.T) {
	h := &Teacher{Share: 0.5, Temperature: 1}
	gradient := make([]float32, 2)
	logits := []float32{2000, -2000}
	loss := h.follow(logits, gradient, []float64{-2000, 2000}, 2, crossEntropy(logits, gradient, []uint8{1}, 0))
	if want := 4000.0; math.Abs(loss-want) > 1e-3 {
		t.Errorf("loss is %g, want %g", loss, want)
	}
	for j, want := range []float32{1, -1} {
		if gradient[j] != want {
			t.Errorf("gradient %d is %g, want %g", j, gradient[j], want)
		}
	}
}

// taught is a configuration whose fine-tuning follows a model.
func taught(model *workloads.Model) Config {
	cfg := everything()
	cfg.Teacher = &Teacher{Share: 0.6, Temperature: 3, Model: model}
	return cfg
}

// A teacher's outputs are those that the exact product gives of the images as the
// step augments them, whatever the number of workers.
func TestTeacherSeesAugmentedImages(t *testing.T) {
	data := hundred(t)
	data.Input.Zero = []int32{3} // what a crop leaves over is not 0
	cfg := taught(startOf(t, chain(data.Train.Shape, 12, 10), data))
	cfg.Augment = Augment{Flip: true, Crop: 3, Cutout: 2}
	order, at := []int32{4, 99, 0, 17, 17, 3, 55}, Position{Phase: phaseFinetune, Epoch: 1, Step: 2}
	views := make([]view, len(order))
	cfg.Augment.views(views, data.Train.Shape, stepRandom(augmentStream, cfg.Seed, at))
	m := cfg.Teacher.Model
	exact, s := m.NewExecutor(m.Exact(), workloads.Options{}), data.Train.Shape
	last := m.Layers[len(m.Layers)-1]
	for _, cfg.Workers = range []int{1, 2, 5, 40} {
		outputs := newTeaching(cfg, data).compute(order, at)
		for i, image := range order {
			seen := make([]uint8, s.Size())
			for y := range s.Height {
				for x := range s.Width {
					seen[y*s.Width+x] = 3
					if from, ok := views[i].pixel(s, y, x); ok {
						seen[y*s.Width+x] = data.Train.Image(int(image))[from]
					}
				}
			}
			want := exact.Run(workloads.Images{Shape: s, Pixels: seen, Labels: []uint8{0}})[0]
			for j, v := range want {
				if got, want := outputs[i*10+j], float64(v)*exp2(last.OutScale-workloads.ActivationBits-last.Affine.F); got != want {
					t.Errorf("%d workers, image %d, class %d: output is %g, want %g", cfg.Workers, i, j, got, want)
				}
			}
		}
	}
}

// Where every label is wrong and the teacher alone counts, what is learned are the
// teacher's classes.
func TestTeacherTeaches(t *testing.T) {
	data := *digits(t)
	cfg := quick()
	cfg.Momentum = 0.9
	cfg.Pretrain, cfg.Finetune = Phase{Epochs: 6, Method: None}, Phase{Method: None}
	teacher := newTestTrainer(t, cfg, chain(data.Train.Shape, 40, 10), &data)
	run(t, teacher)
	m, err := teacher.Model()
	if err != nil {
		t.Fatal(err)
	}
	data.Train.Labels = append([]uint8(nil), data.Train.Labels...)
	for i, label := range data.Train.Labels {
		data.Train.Labels[i] = (label + 1) % 10
	}
	cfg.Pretrain, cfg.Finetune = Phase{Method: None}, Phase{Epochs: 6, Method: None}
	cfg.Teacher = &Teacher{Share: 1, Temperature: 2, Model: m}
	trainer := newTestTrainer(t, cfg, chain(data.Train.Shape, 24, 10), &data)
	run(t, trainer)
	theirs := data.Test
	theirs.Labels = nil
	for first := 0; first < data.Test.Len(); first++ {
		class := m.NewExecutor(m.Exact(), workloads.Options{}).Classify(data.Test.Slice(first, first+1))[0]
		theirs.Labels = append(theirs.Labels, uint8(class))
	}
	t.Logf("the teacher is right on %g of the test images, the pupil finds its class on %g", accuracy(t, teacher, data.Test), accuracy(t, trainer, theirs))
	if got := accuracy(t, trainer, theirs); got < 0.85 {
		t.Errorf("finds the teacher's class of %g of the images, want 0.85 and more", got)
	}
}

// A taught training gives the same bytes with any number of workers, forked, and when
// it was saved and resumed; its pre-training is that without a teacher.
func TestTaughtBytes(t *testing.T) {
	data, net := hundred(t), everyLayer()
	cfg := taught(startOf(t, chain(data.Train.Shape, 12, 10), data))
	whole := newTestTrainer(t, cfg, net, data)
	run(t, whole)
	want := state(t, whole)
	path := filepath.Join(t.TempDir(), "state")
	other := cfg
	other.Workers = 3
	stopped := newTestTrainer(t, other, net, data)
	runSteps(t, stopped, 12)
	if err := stopped.Save(path); err != nil {
		t.Fatal(err)
	}
	resumed, err := Resume(path, cfg, net, data, false)
	if err != nil {
		t.Fatal(err)
	}
	run(t, resumed)
	if !bytes.Equal(state(t, resumed), want) {
		t.Error("3 workers, saved, then 1 worker give other bytes than 1 worker without a stop")
	}
	alone := cfg
	alone.Teacher = nil
	parent := newTestTrainer(t, alone, net, data)
	run(t, parent)
	if !alone.SharesPretraining(cfg) {
		t.Error("trainings with and without a teacher share no pre-training, want them to")
	}
	forked, err := fork(t, parent, cfg)
	if err != nil {
		t.Fatal(err)
	}
	run(t, forked)
	if !bytes.Equal(state(t, forked), want) {
		t.Error("a fork of a training without a teacher ends in other bytes than a training from the start")
	}
	if bytes.Equal(state(t, parent), want) {
		t.Error("a training without a teacher ends in the bytes of one with it")
	}
	if _, err := Resume(path, alone, net, data, false); err == nil || !strings.Contains(err.Error(), "teacher.checkpoint is ") {
		t.Errorf("resuming without the teacher returns %v, want a refusal that names it", err)
	}
}

// Training through converters can follow a teacher, which may be another network.
func TestTaughtThrough(t *testing.T) {
	data := digits(t)
	c := throughCases(data.Train.Shape)["graph"]
	cfg := throughConfig(t, c, startOf(t, c.net, data))
	states := map[bool][]byte{}
	for _, with := range []bool{false, true} {
		if with {
			cfg.Teacher = &Teacher{Share: 0.5, Temperature: 4, Model: startOf(t, chain(data.Train.Shape, 40, 10), data)}
		}
		trainer := newTestTrainer(t, cfg, c.net, data)
		run(t, trainer)
		states[with] = state(t, trainer)
	}
	if bytes.Equal(states[false], states[true]) {
		t.Error("a teacher changes no byte of the training")
	}
}

func TestReadTeacher(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       *Teacher
		fault      string
	}{
		{name: "none"},
		{name: "defaults", text: "checkpoint = 'm'", want: &Teacher{Name: "m", Share: 0.5, Temperature: 4}},
		{name: "all", text: "checkpoint = 'm'\nshare = 1\ntemperature = 0.5", want: &Teacher{Name: "m", Share: 1, Temperature: 0.5}},
		{name: "a share above 1", text: "checkpoint = 'm'\nshare = 1.5", fault: "job.toml:3: key train.teacher.share is 1.5, want 0 to 1"},
		{name: "no temperature", text: "checkpoint = 'm'\ntemperature = 0", fault: "job.toml:3: key train.teacher.temperature is 0, want a finite number above 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, err := config.Parse("job.toml", []byte("[train.teacher]\n"+tt.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ReadConfig(root.Table("train")).Teacher
			switch err := root.Finish(); {
			case tt.fault != "":
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("error is %v, want one that contains %q", err, tt.fault)
				}
			case err != nil:
				t.Error(err)
			case (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want:
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTeacherFaults(t *testing.T) {
	data := hundred(t)
	net := chain(data.Train.Shape, 4, 10)
	m := startOf(t, net, data)
	few, large, zero := *m, *m, *m
	few.Network = chain(data.Train.Shape, 4, 3)
	large.Network = chain(workloads.Shape{Height: 28, Width: 28, Channels: 1}, 4, 10)
	zero.Input.Zero = []int32{7}
	for want, h := range map[string]*Teacher{
		"teacher.checkpoint is not given":                              {Temperature: 1},
		"teacher.checkpoint has 3 outputs, want the 10 classes":        {Temperature: 1, Model: &few},
		"teacher.checkpoint takes images of 28×28×1, want the 8×8×1":   {Temperature: 1, Model: &large},
		"teacher.checkpoint takes images of zero points [7] and scale": {Temperature: 1, Model: &zero},
		"teacher.share is 2, want 0 to 1":                              {Temperature: 1, Share: 2, Model: m},
		"teacher.temperature is 0, want a finite number above 0":       {Model: m},
	} {
		cfg := quick()
		cfg.Teacher = h
		if _, err := New(cfg, net, data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one that contains %q", err, want)
		}
	}
}
