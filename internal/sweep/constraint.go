package sweep

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"bitline/internal/config"
)

// constraint is a condition on the keys of a point, in the language of
// github.com/expr-lang/expr.
type constraint struct {
	text    string
	program *vm.Program
	keys    []string // that it names
}

// readConstraints compiles the constraints over the axes' columns.
func (r *reader) readConstraints() {
	env, known := environment(r.axes)
	for _, text := range r.table.Strings("constraints", nil) {
		c, err := compile(text, env, known)
		if err != nil {
			r.table.Faultf("constraints", "holds %s: %v", show(text), err)
			continue
		}
		r.rules = append(r.rules, c)
	}
}

// environment is the axes' columns: their types in nested maps, and their names.
func environment(axes []*axis) (env types.Map, known []string) {
	env = types.Map{}
	for _, a := range axes {
		for column, key := range a.columns {
			declare(env, key, a.kind(column))
			known = append(known, key)
		}
	}
	return env, known
}

// declare puts a dotted key into nested maps of types. One that does not fit has a
// fault already.
func declare(env types.Map, key string, kind types.Type) {
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		if _, known := env[part]; !known {
			env[part] = types.Map{}
		}
		inner, ok := env[part].(types.Map)
		if !ok {
			return
		}
		env = inner
	}
	if last := parts[len(parts)-1]; env[last] == nil {
		env[last] = kind
	}
}

// kind is the type of the values of a column; any where they differ.
func (a *axis) kind(column int) types.Type {
	if a.span != nil {
		if a.span.round && a.span.unit == "" {
			return types.Int
		}
		return types.Float64
	}
	var kind types.Type = types.Any
	for i, r := range a.rows {
		next := kindOf(r.values[column].seen)
		if i > 0 && !next.Equal(kind) {
			return types.Any
		}
		kind = next
	}
	return kind
}

func kindOf(v any) types.Type {
	switch v.(type) {
	case int:
		return types.Int
	case float64:
		return types.Float64
	case string:
		return types.String
	case bool:
		return types.Bool
	}
	return types.Array(types.Any)
}

// compile makes a constraint of its text, or says in one line why it is none. What
// the clock says is no part of a plan, so that there is no now().
func compile(text string, env types.Map, known []string) (*constraint, error) {
	named := &names{}
	program, err := expr.Compile(text, expr.Env(env), expr.AsBool(), expr.DisableBuiltin("now"), expr.Patch(named))
	keys, unknown := named.keys(known)
	if unknown != nil {
		return nil, unknown
	}
	if err != nil {
		return nil, brief(err)
	}
	return &constraint{text, program, keys}, nil
}

// brief is an error of the language on one line, with its column.
func brief(err error) error { return inWords(err, "column", unnamed) }

// names is a visitor that notes what an expression names: chains such as adc.bits,
// each with its beginnings.
type names struct {
	chains map[ast.Node]string
	order  []ast.Node
	within map[ast.Node]bool // a longer chain begins with it
	local  []string          // declared by let
}

func (n *names) Visit(node *ast.Node) {
	switch at := (*node).(type) {
	case *ast.IdentifierNode:
		n.note(at, at.Value)
	case *ast.MemberNode:
		start, named := n.chains[at.Node]
		if part, ok := at.Property.(*ast.StringNode); ok && named {
			n.note(at, start+"."+part.Value)
			n.within[at.Node] = true
		}
	case *ast.ChainNode:
		if start, named := n.chains[at.Node]; named { // of a?.b
			n.note(at, start)
			n.within[at.Node] = true
		}
	case *ast.VariableDeclaratorNode:
		n.local = append(n.local, at.Name)
	}
}

func (n *names) note(node ast.Node, chain string) {
	if n.chains == nil {
		n.chains, n.within = map[ast.Node]string{}, map[ast.Node]bool{}
	}
	n.chains[node] = chain
	n.order = append(n.order, node)
}

// keys are the known keys that are named. A name that begins no key, and one that
// ends before it is a key, are errors.
func (n *names) keys(known []string) ([]string, error) {
	var keys []string
	for _, node := range slices.Backward(n.order) { // the longest chains first
		chain := n.chains[node]
		first, _, _ := strings.Cut(chain, ".")
		longer := slices.IndexFunc(known, func(key string) bool { return strings.HasPrefix(key, chain+".") })
		switch {
		case slices.Contains(n.local, first):
		case slices.Contains(known, chain):
			if !slices.Contains(keys, chain) {
				keys = append(keys, chain)
			}
		case longer < 0 && n.beyond(chain, known): // adc.bits.x, which is for the checker
		case longer < 0:
			return nil, fmt.Errorf("unknown name %s, want %s%s", chain, strings.Join(known, ", "), config.DidYouMean(chain, known))
		case !n.within[node]:
			return nil, fmt.Errorf("%s is no key, want one such as %s", chain, known[longer])
		}
	}
	return keys, nil
}

// beyond says whether a chain goes on behind a key.
func (n *names) beyond(chain string, known []string) bool {
	return slices.ContainsFunc(known, func(key string) bool { return strings.HasPrefix(chain, key+".") })
}
