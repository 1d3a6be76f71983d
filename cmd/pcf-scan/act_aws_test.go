package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// What there is no code for shows in the plan, not when it is applied.
func TestCanWrite(t *testing.T) {
	function, queue := "AWS::Lambda::Function", "AWS::SQS::Queue"
	for _, c := range []struct {
		why    string
		verb   plan.Verb
		typ    string
		change plan.Change
		want   string // empty: there is code
	}{
		{"a value is set", plan.Update, function, plan.Change{Path: "/Timeout", To: int64(5)}, ""},
		{"what can be set cannot always be taken away", plan.Update, function, plan.Change{Path: "/Timeout", From: int64(5)}, "there is no code to take /Timeout of AWS::Lambda::Function away in place"},
		{"some can", plan.Update, function, plan.Change{Path: "/Description", From: "x"}, ""},
		{"what is fixed", plan.Update, function, plan.Change{Path: "/PackageType", To: "Zip"}, "there is no code to change /PackageType of AWS::Lambda::Function in place"},
		{"the type alone", plan.Create, queue, plan.Change{}, ""},
		{"with properties", plan.Create, queue, plan.Change{To: map[string]any{"QueueName": "jobs"}}, ""},
		{"with one that no call takes", plan.Create, queue, plan.Change{To: map[string]any{"Strange": "x"}}, "there is no writer for it: /Strange: no call sets it"},
		{"a type without writer", plan.Create, "AWS::ECS::Service", plan.Change{To: map[string]any{}}, "there is no code to create AWS::ECS::Service"},
	} {
		assert.Equal(t, c.want, canWrite(c.verb, c.typ, c.change), c.why)
	}
}
