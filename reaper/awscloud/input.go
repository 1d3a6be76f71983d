package awscloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper"
)

// fill sets the fields of an SDK struct, which input points to, from properties in
// CloudFormation shape: the way back from what the readers of inventory/aws do. A property
// goes to the field of its name, whatever the capitals, or to the one that rename has for
// it (top level only). Lists that the service wraps as {Quantity, Items} are wrapped, and an
// object where the service wants a text becomes JSON, as policies do.
//
// A property that no field takes is an ErrUnsupported that names it: nothing is dropped.
// No value is in an error, because it may be a secret.
func fill(input any, props map[string]any, rename map[string]string) error {
	target := reflect.ValueOf(input).Elem()
	for _, name := range slices.Sorted(maps.Keys(props)) {
		field, ok := fieldOf(target, name)
		if to := rename[name]; to != "" {
			field, ok = fieldOf(target, to)
		}
		pointer := "/" + schema.EscapePointer(name)
		if !ok {
			return unsupported(pointer, "no call sets it")
		}
		if err := put(field, pointer, props[name]); err != nil {
			return err
		}
	}
	return nil
}

// unsupported is the refusal of one property, before any call.
func unsupported(pointer, why string) error {
	return fmt.Errorf("%w: %s: %s", reaper.ErrUnsupported, pointer, why)
}

func fieldOf(target reflect.Value, name string) (reflect.Value, bool) {
	known, ok := target.Type().FieldByName(name)
	if !ok {
		known, ok = target.Type().FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, name) })
	}
	if !ok || !known.IsExported() {
		return reflect.Value{}, false
	}
	return target.FieldByIndex(known.Index), true
}

// put gives a field its value, in the field's kind.
func put(field reflect.Value, pointer string, v any) error {
	if v == nil {
		return nil
	}
	if _, is := v.(*inventory.Unknown); is {
		return unsupported(pointer, "its value is not known")
	}
	misfit := func() error {
		return unsupported(pointer, "the service takes a "+field.Kind().String()+" here")
	}
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			field.Set(reflect.New(field.Type().Elem()))
		}
		return put(field.Elem(), pointer, v)
	}
	if field.Type() == reflect.TypeFor[time.Time]() {
		text, _ := v.(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return unsupported(pointer, "it is no time")
		}
		field.Set(reflect.ValueOf(at))
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		return putObject(field, pointer, v)
	case map[string]string:
		object := make(map[string]any, len(v))
		for name, e := range v {
			object[name] = e
		}
		return putObject(field, pointer, object)
	case []any:
		return putList(field, pointer, v)
	case []string:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = e
		}
		return putList(field, pointer, list)
	case string:
		return putText(field, pointer, v)
	case bool:
		switch field.Kind() {
		case reflect.Bool:
			field.SetBool(v)
			return nil
		case reflect.String:
			field.SetString(strconv.FormatBool(v))
			return nil
		}
	case int64:
		switch field.Kind() {
		case reflect.Int, reflect.Int32, reflect.Int64:
			if field.OverflowInt(v) {
				return misfit()
			}
			field.SetInt(v)
			return nil
		case reflect.Float32, reflect.Float64:
			field.SetFloat(float64(v))
			return nil
		case reflect.String:
			field.SetString(strconv.FormatInt(v, 10))
			return nil
		}
	case float64:
		if field.Kind() == reflect.Float32 || field.Kind() == reflect.Float64 {
			field.SetFloat(v)
			return nil
		}
	}
	return misfit()
}

func putText(field reflect.Value, pointer, text string) error {
	misfit := unsupported(pointer, "the service takes a "+field.Kind().String()+" here")
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return misfit
		}
		field.SetBool(b)
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || field.OverflowInt(n) {
			return misfit
		}
		field.SetInt(n)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return misfit
		}
		field.SetFloat(f)
	default:
		return misfit
	}
	return nil
}

func putObject(field reflect.Value, pointer string, v map[string]any) error {
	switch field.Kind() {
	case reflect.Struct:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below := pointer + "/" + schema.EscapePointer(name)
			member, ok := fieldOf(field, name)
			if !ok {
				return unsupported(below, "no call sets it")
			}
			if err := put(member, below, v[name]); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		object := reflect.MakeMapWithSize(field.Type(), len(v))
		for name, e := range v {
			value := reflect.New(field.Type().Elem()).Elem()
			if err := put(value, pointer+"/"+schema.EscapePointer(name), e); err != nil {
				return err
			}
			object.SetMapIndex(reflect.ValueOf(name).Convert(field.Type().Key()), value)
		}
		field.Set(object)
		return nil
	case reflect.String:
		text, err := jsonText(v)
		if err != nil {
			return unsupported(pointer, err.Error())
		}
		field.SetString(text)
		return nil
	}
	return unsupported(pointer, "the service takes no object here")
}

func putList(field reflect.Value, pointer string, v []any) error {
	if field.Kind() == reflect.Struct { // {Quantity, Items}
		quantity, counted := fieldOf(field, "Quantity")
		items, listed := fieldOf(field, "Items")
		if !counted || !listed {
			return unsupported(pointer, "the service takes no list here")
		}
		if err := put(quantity, pointer, int64(len(v))); err != nil || len(v) == 0 {
			return err
		}
		return put(items, pointer, v)
	}
	if field.Kind() != reflect.Slice {
		return unsupported(pointer, "the service takes no list here")
	}
	list := reflect.MakeSlice(field.Type(), len(v), len(v))
	for i, e := range v {
		if err := put(list.Index(i), pointer+"/"+strconv.Itoa(i), e); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}

// jsonText writes a document, such as a policy, in the form that services take it in. A text
// stays as it is.
func jsonText(v any) (string, error) {
	if text, is := v.(string); is {
		return text, nil
	}
	if _, _, unknown := inventory.HasUnknown(v); unknown {
		return "", errors.New("a value in it is not known")
	}
	text, err := json.Marshal(v)
	return string(text), err
}
