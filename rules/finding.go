package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/inventory"
)

// Status is the verdict of one rule on one resource. The zero value is Unknown: what
// was not decided is never a pass.
type Status uint8

// The statuses. Found (Fail), could not judge (Unknown) and broke (Error) are three
// channels that never mix.
const (
	Unknown Status = iota // a value that decides is not known or could not be read
	Pass
	Fail
	Error  // the rule itself broke on this resource
	Skip   // the rule's `when` says that it does not apply
	Waived // failed, and a waiver in force covers it
)

var statusNames = [...]string{"unknown", "pass", "fail", "error", "skip", "waived"}

// String returns the lower-case name used in every output.
func (s Status) String() string { return statusNames[s] }

// Severity is how bad a failure is.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Severities lists all severities, worst first.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// ParseSeverity reads a severity name; the error lists the names, and the one that was
// probably meant.
func ParseSeverity(s string) (Severity, error) {
	if slices.Contains(Severities, Severity(s)) {
		return Severity(s), nil
	}
	names := make([]string, len(Severities))
	for i, known := range Severities {
		names[i] = string(known)
	}
	return "", fmt.Errorf("unknown severity %q: want one of %s%s", s, strings.Join(names, ", "), didYouMean(s, names))
}

// AtLeast reports whether s is as bad as threshold or worse.
func (s Severity) AtLeast(threshold Severity) bool {
	return slices.Index(Severities, s) <= slices.Index(Severities, threshold)
}

// A Finding is the verdict of one rule on one resource, with everything a report
// needs to say why.
type Finding struct {
	Rule     *Rule
	Resource *inventory.Resource
	Status   Status
	// Message is the rule's message for a failure, the unknown value and its reason for
	// Unknown, the cause for Error.
	Message string
	// Path is the pointer of the property that decided ("" for the whole resource).
	Path string
	// Evidence holds the values that the rule read, in reading order, without secrets.
	Evidence []Read
	Waiver   *Waiver
}

// Read is one value that a rule read.
type Read struct {
	Path  string
	Value any // nil when absent; an *inventory.Unknown when not known
	Found bool
}

// A Waiver accepts a finding until a date. Reason, approver and expiry are required.
type Waiver struct {
	Rule     string // glob
	Resource string // glob over id, ARN or logical id; empty means any
	App      string // glob; empty means any
	Reason   string
	Approver string
	Expires  time.Time
	Position inventory.Position
}

// A LoadError is a mistake in a rule file, with its place and, where one can be guessed,
// the name that was meant.
type LoadError struct {
	Position inventory.Position
	Rule     string
	Message  string
	Meant    string // "did you mean …"; empty when nothing is near
}

// Error writes file:line:column: message (did you mean "…"?).
func (e *LoadError) Error() string {
	var b strings.Builder
	if p := e.Position.String(); p != "" {
		b.WriteString(p + ": ")
	}
	if e.Rule != "" {
		b.WriteString("rule " + e.Rule + ": ")
	}
	b.WriteString(e.Message)
	if e.Meant != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", e.Meant)
	}
	return b.String()
}
