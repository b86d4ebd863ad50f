package contracttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// check says what is wrong with a value, or nil.
type check func(any) error

type key struct {
	name     string
	check    check
	optional bool
}

// kinds is the table of records of docs/contract.md.
var kinds = map[string][]key{
	"hello": {{"subject", id, false}, {"version", text, false}, {"workload", id, false}, {"tasks", count, false},
		{"workers", count, false}, {"build", build, false}},
	"sample": {{"i", count, false}, {"wall_ns", count, false}, {"cpu_ns", count, false}, {"rss_before_bytes", count, false},
		{"peak_rss_bytes", count, false}, {"max_in_flight", count, true}, {"early_wakes", count, true}},
	"histogram":   {{"of", line, false}, {"buckets", buckets, false}},
	"done":        {{"completed", count, false}, {"answer", answer, false}, {"throttled", count, true}, {"throttle_reason", line, true}},
	"unsupported": {{"reason", line, false}, {"limit", line, true}, {"largest", count, true}},
	"describe": {{"subject", id, false}, {"version", text, false}, {"build", build, false}, {"workloads", listOf(id), false},
		{"unsupported", reasons, false}, {"unlike", reasons, true}, {"options", listOf(id), true}},
}

// Kind checks v, kind and every key that the kind knows, and returns the kind.
func (o Object) Kind() (string, error) {
	if o["v"] != json.Number("1") {
		return "", fmt.Errorf("v is %v, not 1", o["v"])
	}
	kind, _ := o["kind"].(string)
	keys, known := kinds[kind]
	if !known {
		return "", fmt.Errorf("unknown kind %v", o["kind"])
	}
	return kind, o.checkKeys(kind, keys)
}

func (o Object) checkKeys(where string, keys []key) error {
	for _, k := range keys {
		value, there := o[k.name]
		if !there && k.optional {
			continue
		}
		if !there {
			return fmt.Errorf("%s lacks %s", where, k.name)
		}
		if err := k.check(value); err != nil {
			return fmt.Errorf("%s.%s: %w", where, k.name, err)
		}
	}
	return nil
}

var (
	integer = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	idForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

func count(value any) error {
	n, ok := value.(json.Number)
	if !ok {
		return fmt.Errorf("%v is not a number", value)
	}
	return unsigned(n.String())
}

func answer(value any) error {
	s, ok := value.(string)
	if !ok {
		return fmt.Errorf("%v is not a string", value)
	}
	return unsigned(s)
}

func unsigned(digits string) error {
	if !integer.MatchString(digits) {
		return fmt.Errorf("%q is not a whole number", digits)
	}
	_, err := strconv.ParseUint(digits, 10, 64)
	return err
}

func text(value any) error {
	if _, ok := value.(string); !ok {
		return fmt.Errorf("%v is not a string", value)
	}
	return nil
}

func line(value any) error {
	if s, ok := value.(string); !ok || s == "" || strings.ContainsAny(s, "\r\n") {
		return fmt.Errorf("%q is not one line", value)
	}
	return nil
}

func id(value any) error {
	if s, ok := value.(string); !ok || !idForm.MatchString(s) {
		return fmt.Errorf("%v is not an id", value)
	}
	return nil
}

func build(value any) error {
	o, ok := value.(map[string]any)
	if !ok {
		return errors.New("not an object")
	}
	return Object(o).checkKeys("build", []key{{"compiler", text, false}, {"flags", text, false}})
}

func listOf(each check) check {
	return func(value any) error {
		list, ok := value.([]any)
		if !ok {
			return errors.New("not a list")
		}
		for i, v := range list {
			if err := each(v); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
		return nil
	}
}

func reasons(value any) error {
	o, ok := value.(map[string]any)
	if !ok {
		return errors.New("not an object")
	}
	for workload, reason := range o {
		if err := errors.Join(id(workload), line(reason)); err != nil {
			return err
		}
	}
	return nil
}

// buckets checks [[upper bound, count] …]: bounds rise, counts are positive.
func buckets(value any) error {
	if err := listOf(listOf(count))(value); err != nil {
		return err
	}
	var last uint64
	for i, bucket := range value.([]any) {
		pair := bucket.([]any)
		if len(pair) != 2 {
			return fmt.Errorf("bucket %d has %d numbers", i, len(pair))
		}
		bound, _ := strconv.ParseUint(pair[0].(json.Number).String(), 10, 64) // listOf(count) has seen to the form
		if i > 0 && bound <= last {
			return fmt.Errorf("bound %d does not rise", bound)
		}
		if pair[1] == json.Number("0") {
			return fmt.Errorf("bucket %d has count 0", i)
		}
		last = bound
	}
	return nil
}
