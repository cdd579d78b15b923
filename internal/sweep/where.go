package sweep

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"bitline/internal/config"
)

// where lists the rows for which a condition holds, all for the empty one.
func (r *Results) where(condition string) ([]int, error) {
	rows := make([]int, 0, r.rows)
	if condition == "" {
		for row := range r.rows {
			rows = append(rows, row)
		}
		return rows, nil
	}
	program, used, err := r.compile(condition)
	if err != nil {
		return nil, err
	}
	env := map[string]any{}
	var machine vm.VM
	for row := range r.rows {
		for _, c := range used {
			env[c.Name] = c.operand(row)
		}
		holds, err := machine.Run(program, env)
		if err != nil {
			return nil, fmt.Errorf("condition %q at point %s: %w", config.Shorten(condition), r.Columns[0].Value(row).format(), oneLine(err))
		}
		if holds == true {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// compile checks a condition and finds the columns that it names.
func (r *Results) compile(condition string) (*vm.Program, []*Column, error) {
	env := map[string]any{}
	for _, c := range r.Columns {
		env[c.Name] = c.zero()
	}
	n := naming{columns: r.names()}
	program, err := expr.Compile(condition, expr.Env(env), expr.AsBool(), expr.Patch(&n))
	if faults := n.faults(); faults != nil {
		return nil, nil, faults
	}
	if err != nil {
		return nil, nil, fmt.Errorf("condition %q: %w", config.Shorten(condition), oneLine(err))
	}
	var used []*Column
	for _, name := range n.used {
		used = append(used, r.Column(name))
	}
	return program, used, nil
}

// oneLine drops the drawing from an error of the expression's.
func oneLine(err error) error {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Errorf("%s at character %d", e.Message, e.Column+1)
	}
	return err
}

// zero is a value of the type that the column's operands have.
func (c *Column) zero() any {
	switch {
	case c.Kind == Text:
		return ""
	case c.Kind == Truth:
		return false
	case c.Kind == Integer && !slices.Contains(c.kinds, Missing):
		return 0
	}
	return 0.0
}

// operand is a row's value in a condition. Columns of integers of which one is
// missing are numbers, as there is no integer that is none.
func (c *Column) operand(row int) any {
	v := c.Value(row)
	switch c.zero().(type) {
	case string:
		return v.Text
	case bool:
		return v.Number != 0
	case int:
		return int(v.Number)
	}
	if v.Kind == Missing {
		return math.NaN()
	}
	return v.Number
}

// naming makes identifiers of columns with points in their names, such as
// adc.bits, which the language takes for a member of adc.
type naming struct {
	columns  []string
	used     []string
	unknown  []string
	declared []string // by let
}

func (n *naming) Visit(node *ast.Node) {
	switch v := (*node).(type) {
	case *ast.VariableDeclaratorNode:
		n.declared = append(n.declared, v.Name)
	case *ast.IdentifierNode:
		n.note(v.Value)
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
