package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"bitline/internal/atomicfile"
	"bitline/internal/gemm"
	"bitline/internal/wholefile"
	"bitline/workloads"
)

// A state file is
//
//	magic   8 bytes, "BLTRAIN" and the version
//	length  uint32, little endian like all numbers: bytes of the header
//	header  a stateHeader as JSON
//	tensors for every parameter in order: its values and velocities as float32,
//	        then, where masked, one byte a value (1: it may move); then what the
//	        network remembers besides, such as running statistics; then, where
//	        pre-training has finished, the pre-trained values of all parameters
//	        and what the network remembered then
//	sum     32 bytes, the SHA-256 of all that precedes
const (
	stateMagic  = "BLTRAIN1"
	statePrefix = len(stateMagic) + 4
)

// stateHeader says what the tensors of a state file belong to.
type stateHeader struct {
	Identity    []setting
	KernelClass string // or classes, joined by kernelsThen, where a resume changed it
	Position    Position
	LossSum     float64
	Right       int
	Pretrained  bool
	Masked      []bool // by parameter
	Log         []string
}

// identity is what a training must agree in with one that it resumes.
func (t *Trainer) identity() []setting {
	network := t.net.Input.String()
	for _, l := range t.net.Layers {
		network += " → " + layerIdentity(l)
	}
	list := append(t.cfg.upToPruning(), t.cfg.fromPruning()...)
	return append(list,
		setting{"network", network},
		setting{"data set", fmt.Sprintf("%s, %d + %d images, SHA-256 %s", t.dataName(), t.data.Train.Len(), t.data.Validation.Len(), t.data.Hash)},
		setting{"input codes", fmt.Sprintf("zero points %d, scale %d", t.data.Input.Zero, t.data.Input.Scale)},
	)
}

// layerIdentity describes a layer but for the names of float weights.
func layerIdentity(l workloads.Layer) string {
	text := fmt.Sprintf("%s %q %d", l.Kind, l.Name, l.Outputs)
	if l.Kernel > 0 {
		text += fmt.Sprintf(" kernel %d stride %d padding %d", l.Kernel, l.Stride, l.Padding)
	}
	if l.Input != "" || l.Add != "" {
		text += fmt.Sprintf(" of %q and %q", l.Input, l.Add)
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{{l.BatchNorm, "norm"}, {l.NoBias, "no bias"}, {l.Residual, "residual"}, {l.ReLU, "relu"}} {
		if flag.set {
			text += " " + flag.name
		}
	}
	return text
}

// Save writes all that Resume needs to path, in one piece: a crash leaves the
// old file or the new one.
func (t *Trainer) Save(path string) error {
	data, err := t.encode()
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, data)
}

func (t *Trainer) encode() ([]byte, error) {
	params := t.params
	h := stateHeader{
		Identity:    t.identity(),
		KernelClass: t.kernels,
		Position:    t.at,
		LossSum:     t.sum,
		Right:       t.right,
		Pretrained:  t.pretrained != nil,
		Log:         t.log,
	}
	for _, p := range params {
		h.Masked = append(h.Masked, p.mask != nil)
	}
	header, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	data := make([]byte, 0, t.stateSize(len(header)))
	data = binary.LittleEndian.AppendUint32(append(data, stateMagic...), uint32(len(header)))
	data = append(data, header...)
	for _, p := range params {
		data = appendFloats(data, p.value)
		data = appendFloats(data, p.velocity)
		for _, keep := range p.mask {
			data = append(data, byte(keep&1))
		}
	}
	for _, values := range append(t.body.memory(), t.pretrained...) {
		data = appendFloats(data, values)
	}
	sum := sha256.Sum256(data)
	return append(data, sum[:]...), nil
}

// stateSize bounds the bytes of a state, so that they are written where they stay.
func (t *Trainer) stateSize(header int) int {
	size := statePrefix + header + sha256.Size
	for _, p := range t.params {
		size += 9 * len(p.value)
	}
	for _, x := range append(t.body.memory(), t.pretrained...) {
		size += 4 * len(x)
	}
	return size
}

func appendFloats(data []byte, x []float32) []byte {
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

// Resume returns the training that Save wrote to path. The configuration but
// for its workers, the network and the data must be those of the saved training,
// and so must the kernel class unless allowOtherKernel: else the error says what
// differs, since the result would belong to neither training.
func Resume(path string, cfg Config, net *workloads.Network, data *workloads.Dataset, allowOtherKernel bool) (*Trainer, error) {
	t, err := New(cfg, net, data)
	if err != nil {
		return nil, err
	}
	saved, err := wholefile.Read(path, workloads.MaxFile)
	if err == nil {
		err = t.decode(saved, allowOtherKernel)
	}
	if err != nil {
		return nil, fmt.Errorf("reading train state %s: %w", path, err)
	}
	return t, nil
}

// decode puts a saved state into t.
func (t *Trainer) decode(data []byte, allowOtherKernel bool) error {
	h, tensors, err := openState(data)
	if err != nil {
		return err
	}
	if err := t.accept(h, allowOtherKernel); err != nil {
		return err
	}
	return t.restore(h, bytes.NewReader(tensors))
}

// openState checks magic, length and checksum and splits a file in header and
// tensors.
func openState(data []byte) (h stateHeader, tensors []byte, err error) {
	if len(data) < statePrefix+sha256.Size {
		return h, nil, fmt.Errorf("has %d bytes, want at least %d: it is cut short", len(data), statePrefix+sha256.Size)
	}
	if magic := string(data[:len(stateMagic)]); magic != stateMagic {
		return h, nil, fmt.Errorf("starts with %q, want %q: it is no train state of this version", magic, stateMagic)
	}
	body, sum := data[:len(data)-sha256.Size], data[len(data)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return h, nil, errors.New("does not match its checksum: it is cut short or damaged")
	}
	length := int64(binary.LittleEndian.Uint32(data[len(stateMagic):]))
	body = body[statePrefix:]
	if length > int64(len(body)) {
		return h, nil, fmt.Errorf("header has %d bytes, want at most the %d there are", length, len(body))
	}
	if err := json.Unmarshal(body[:length], &h); err != nil {
		return h, nil, fmt.Errorf("header: %w", err)
	}
	return h, body[length:], nil
}

// accept says whether a saved state is one of this training.
func (t *Trainer) accept(h stateHeader, allowOtherKernel bool) error {
	faults := append(differences(h.Identity, t.identity()), t.checkParameters(h), checkKernel(h, allowOtherKernel))
	at := h.Position
	inRange := at.Phase >= phasePretrain && at.Phase <= phaseFinished && at.Epoch >= 0 && at.Step >= 0
	if inRange && at.Phase != phaseFinished {
		inRange = at.Epoch < [...]int{t.cfg.Pretrain.Epochs, t.cfg.Finetune.Epochs}[at.Phase] && at.Step < t.steps()
	}
	if !inRange || h.Pretrained != (at.Phase > phasePretrain) {
		faults = append(faults, fmt.Errorf("position %+v lies outside this training", at))
	}
	return errors.Join(faults...)
}

func (t *Trainer) checkParameters(h stateHeader) error {
	if len(h.Masked) != len(t.params) {
		return fmt.Errorf("has %d tensors of parameters, want %d", len(h.Masked), len(t.params))
	}
	return nil
}

func checkKernel(h stateHeader, allowOther bool) error {
	if class := string(gemm.KernelClass()); kernelsAfter(h.KernelClass) != h.KernelClass && !allowOther {
		return fmt.Errorf("kernel class is %s, want %s, or the other one allowed: the bytes would be those of neither", h.KernelClass, class)
	}
	return nil
}

// kernelsThen joins the classes of kernels of a training that went on under another.
const kernelsThen = ", then "

// kernelsAfter are the classes of a training that goes on under this machine's.
func kernelsAfter(before string) string {
	class := string(gemm.KernelClass())
	if before == class || strings.HasSuffix(before, kernelsThen+class) {
		return before
	}
	return before + kernelsThen + class
}

func (t *Trainer) restore(h stateHeader, tensors *bytes.Reader) error {
	t.at, t.sum, t.right, t.pretrained, t.log = h.Position, h.LossSum, h.Right, nil, h.Log
	t.kernels = kernelsAfter(h.KernelClass)
	for i, p := range t.params {
		p.mask = nil
		err := errors.Join(readFloats(tensors, p.value), readFloats(tensors, p.velocity))
		if h.Masked[i] {
			err = errors.Join(err, p.readMask(tensors))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.measure()
	}
	for i, x := range t.body.memory() {
		if err := readFloats(tensors, x); err != nil {
			return fmt.Errorf("running statistics %d: %w", i, err)
		}
	}
	if h.Pretrained {
		for i, x := range t.kept() {
			values := make([]float32, len(x))
			if err := readFloats(tensors, values); err != nil {
				return fmt.Errorf("tensor %d before pruning: %w", i, err)
			}
			t.pretrained = append(t.pretrained, values)
		}
		t.freeze()
	}
	if tensors.Len() > 0 {
		return fmt.Errorf("has %d bytes after the last tensor, want none", tensors.Len())
	}
	if !t.Done() {
		t.startEpoch()
	}
	return nil
}

func readFloats(r *bytes.Reader, x []float32) error {
	if need := 4 * len(x); r.Len() < need {
		return fmt.Errorf("%d bytes are left, want %d", r.Len(), need)
	}
	return binary.Read(r, binary.LittleEndian, x)
}

func (p *param) readMask(r *bytes.Reader) error {
	keep := make([]byte, len(p.value))
	if _, err := io.ReadFull(r, keep); err != nil {
		return err
	}
	p.mask = make([]uint32, len(keep))
	for i, k := range keep {
		p.mask[i] = -uint32(k & 1)
	}
	return nil
}
