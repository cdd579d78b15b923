package sweep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"bitline/internal/config"
)

// where lists the rows for which a condition holds, all for the empty one. Settings
// are what they are in constraints: numbers, lists and quantities of SI units.
func (r *Results) where(condition string) ([]int, error) {
	rows := make([]int, 0, r.rows)
	if condition == "" {
		for row := range r.rows {
			rows = append(rows, row)
		}
		return rows, nil
	}
	asked, err := r.compile(condition)
	if err != nil {
		return nil, err
	}
	env := map[string]any{}
	var machine vm.VM
	for row := range r.rows {
		for _, o := range asked.operands {
			env[o.column.Name] = o.value(row)
		}
		holds, err := machine.Run(asked.program, env)
		if err != nil {
			return nil, fmt.Errorf("condition %q at point %s: %w", config.Shorten(condition), r.Columns[0].Value(row).format(), inWords(err, "character", asked.sides))
		}
		switch holds := holds.(type) {
		case bool:
			if holds {
				rows = append(rows, row)
			}
		default:
			return nil, fmt.Errorf("condition %q at point %s is %v, want true or false", config.Shorten(condition), r.Columns[0].Value(row).format(), holds)
		}
	}
	return rows, nil
}

// asked is a condition and the operands that it names.
type asked struct {
	program  *vm.Program
	operands []*operand
	naming
}

// compile checks a condition and finds the columns that it names.
func (r *Results) compile(condition string) (*asked, error) {
	env, operands := types.Map{}, map[string]*operand{}
	for _, c := range r.Columns {
		o := newOperand(c)
		if c.setting && strings.Contains(condition, c.Name[strings.LastIndex(c.Name, ".")+1:]) {
			o.readSettings()
		}
		env[c.Name], operands[c.Name] = o.kind, o
	}
	a := &asked{naming: naming{columns: r.names(), operands: operands}}
	var err error
	a.program, err = expr.Compile(condition, expr.Env(env), expr.AsBool(), expr.Patch(&a.naming))
	if faults := a.faults(); faults != nil {
		return nil, faults
	}
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", config.Shorten(condition), inWords(err, "character", a.sides))
	}
	for _, name := range a.used {
		a.operands = append(a.operands, operands[name])
	}
	return a, nil
}

// naming makes identifiers of columns with points in their names, such as
// adc.bits, which the language takes for a member of adc. Where a text is compared
// with a setting, as in crossbar.read_latency < "50ns", it makes of it what the
// setting would be if that were written so.
type naming struct {
	columns  []string
	operands map[string]*operand // of the columns
	used     []string
	unknown  []string
	declared []string          // by let
	beside   map[int][2]string // columns on either side of the operator at a place
}

func (n *naming) Visit(node *ast.Node) {
	switch v := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		n.declared = append(n.declared, v.Name)
	case *ast.IdentifierNode:
		n.note(v.Value)
	case *ast.BinaryNode:
		n.compare(v)
	case *ast.MemberNode:
		name, inner := chain(v)
		if name == "" {
			return
		}
		n.unknown = slices.DeleteFunc(n.unknown, func(s string) bool { return s == inner })
		if n.note(name) {
			ast.Patch(node, &ast.IdentifierNode{Value: name})
		}
	}
}

// sides are the columns on either side of an operator, "" for what is none.
func (n *naming) sides(at int) [2]string { return n.beside[at] }

// compare notes the sides of an operator.
func (n *naming) compare(v *ast.BinaryNode) {
	left, right := n.operandOf(v.Left), n.operandOf(v.Right)
	var names [2]string
	if left != nil {
		names[0] = left.column.Name
		left.match(v.Operator, &v.Right)
	}
	if right != nil {
		names[1] = right.column.Name
		right.match(v.Operator, &v.Left)
	}
	if n.beside == nil {
		n.beside = map[int][2]string{}
	}
	n.beside[v.Location().From] = names
}

// operandOf is the operand that a node names, or nil.
func (n *naming) operandOf(node ast.Node) *operand {
	if v, ok := node.(*ast.IdentifierNode); ok && !slices.Contains(n.declared, v.Value) {
		return n.operands[v.Value]
	}
	return nil
}

// note keeps a name, and says whether it is a column's.
func (n *naming) note(name string) bool {
	list := &n.unknown
	known := slices.Contains(n.columns, name)
	if known {
		list = &n.used
	}
	if !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
	return known
}

// faults are the names that are neither columns nor variables.
func (n *naming) faults() error {
	var faults []error
	for _, name := range n.unknown {
		if !slices.Contains(n.declared, name) {
			faults = append(faults, fmt.Errorf("unknown column %q%s", name, config.DidYouMean(name, n.columns)))
		}
	}
	return errors.Join(faults...)
}

// chain is the name that a.b.c stands for, and that of a.b; "" for other members.
func chain(m *ast.MemberNode) (name, inner string) {
	property, ok := m.Property.(*ast.StringNode)
	if !ok || m.Optional {
		return "", ""
	}
	switch v := m.Node.(type) {
	case *ast.IdentifierNode:
		inner = v.Value
	case *ast.MemberNode:
		if inner, _ = chain(v); inner == "" {
			return "", ""
		}
	default:
		return "", ""
	}
	return inner + "." + property.Value, inner
}
