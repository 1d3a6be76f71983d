package reports

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/drift"
	"github.com/pcf-scan/pcf-scan/engine/owner"
)

// sarif is the Static Analysis Results Interchange Format 2.1.0 (OASIS), which code
// scanning and editors read. What needs a decision becomes a result: findings that
// failed, findings that could not be judged (kind "open": neither good nor bad), drift
// and questions of ownership. What could not be read becomes a notification, and
// executionSuccessful is then false.
var sarif = Format{
	Name:  "sarif",
	Title: "SARIF 2.1.0, for code scanning and editors",
	Write: func(w io.Writer, r *engine.Result, _ Options) error {
		if r == nil {
			r = &engine.Result{}
		}
		return writeSARIF(w, sarifRunOf(r))
	},
}

// writeSARIF writes a run with one result a line: who uploads the file has a limit on its
// size, and indenting every result would double it.
func writeSARIF(w io.Writer, run sarifRun) error {
	results := run.Results
	run.Results = []sarifResult{}
	var frame bytes.Buffer
	if err := WriteJSON(&frame, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}); err != nil {
		return err
	}
	at := bytes.LastIndexByte(frame.Bytes(), '[') + 1 // the results are the last member of the run
	out := &inertWriter{to: bufio.NewWriterSize(w, 1<<16)}
	_, _ = out.to.Write(frame.Bytes()[:at]) // the writer keeps its first error
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	for i := range results {
		line.Reset()
		if i > 0 {
			line.WriteByte(',')
		}
		line.WriteString("\n        ")
		if err := enc.Encode(&results[i]); err != nil {
			return fmt.Errorf("encode report: %w", err)
		}
		if _, err := out.Write(line.Bytes()[:line.Len()-1]); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	if len(results) > 0 {
		_, _ = out.to.WriteString("\n      ")
	}
	_, _ = out.to.Write(frame.Bytes()[at:])
	if err := out.to.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// The parts of SARIF that we write; the names are those of the standard.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Automation  *sarifAutomation  `json:"automationDetails,omitempty"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"` // the last member: see writeSARIF
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string              `json:"id"`
		ShortDescription sarifText           `json:"shortDescription"`
		FullDescription  sarifText           `json:"fullDescription"` // code scanning wants all three texts
		Help             sarifText           `json:"help"`
		Default          sarifConfiguration  `json:"defaultConfiguration"`
		Properties       sarifRuleProperties `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	// sarifRuleProperties are read by code scanning: security-severity sorts alerts.
	sarifRuleProperties struct {
		Tags             []string `json:"tags"`
		SecuritySeverity string   `json:"security-severity"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifInvocation struct {
		ExecutionSuccessful bool                `json:"executionSuccessful"`
		Start               string              `json:"startTimeUtc,omitempty"`
		End                 string              `json:"endTimeUtc,omitempty"`
		Account             string              `json:"account,omitempty"` // who acted
		Notifications       []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Descriptor sarifID         `json:"descriptor"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations,omitempty"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Baseline     string            `json:"baselineState,omitempty"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
	sarifLogical struct {
		Name               string `json:"name,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName,omitempty"`
		Kind               string `json:"kind"`
	}
)

func sarifRunOf(r *engine.Result) sarifRun {
	rules := sarifRules{index: map[string]int{}}
	for _, c := range r.Rules {
		rules.add(c)
	}
	run := sarifRun{
		Invocations: []sarifInvocation{invocation(r)},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	for _, f := range r.Findings {
		if f.Status != "fail" && f.Status != "unknown" && f.Status != "error" {
			continue
		}
		result := rules.result(engine.RuleCount{ID: f.Rule, Severity: f.Severity, Remediation: f.Remediation, Controls: f.Controls}, f.Resource, f.Fingerprint)
		result.Message = plainText(findingMessage(f))
		if f.Status != "fail" {
			result.Kind, result.Level = "open", "none"
		}
		result.Properties = about("app", f.App, "appVersion", f.AppVersion, "environment", f.Environment, "path", f.Path, "status", f.Status)
		result.known(f.Known)
		run.Results = append(run.Results, result)
	}
	for _, d := range r.Drift {
		if d.Class == string(drift.InSync) {
			continue
		}
		result := rules.result(driftRule(d.Class), d.Resource, engine.DriftFingerprint(d))
		result.Message = plainText(driftMessage(d))
		if d.Class == string(drift.Unverifiable) {
			result.Kind, result.Level = "open", "none"
		}
		result.Properties = about("app", d.App, "appVersion", d.AppVersion, "environment", d.Environment, "particle", d.Particle)
		result.known(d.Known)
		run.Results = append(run.Results, result)
	}
	for _, res := range r.Resources {
		text, asked := ownershipRules[res.Class]
		if !asked {
			continue
		}
		place := engine.Place{Partition: r.Scope.Partition, Type: res.Type, ID: res.ID, Account: res.Account, Region: res.Region, ARN: res.ARN}
		rule := engine.RuleCount{ID: "pcf-" + res.Class, Severity: engine.ClassSeverity(res.Class), Title: text.title, Remediation: text.help}
		result := rules.result(rule, place, engine.OwnershipFingerprint(r.Scope.Partition, res))
		message := label(res) + ": " + text.title
		if why := evidence(res); why != "" {
			message += "; " + why
		}
		result.Message = plainText(message)
		result.Properties = about("app", res.App, "appVersion", res.AppVersion, "environment", res.Environment, "particle", res.Particle, "reason", res.Reason)
		result.known(res.Known)
		run.Results = append(run.Results, result)
	}
	if r.Summary.Known != nil {
		for i := range run.Results {
			if run.Results[i].Baseline == "" {
				run.Results[i].Baseline = "new"
			}
		}
	}
	run.Tool.Driver = sarifDriver{Name: cmp.Or(r.Tool.Name, "pcf-scan"), Version: inert(r.Tool.Version), Rules: rules.list}
	if run.Tool.Driver.Rules == nil {
		run.Tool.Driver.Rules = []sarifRule{}
	}
	if r.RunID != "" {
		run.Automation = &sarifAutomation{ID: "pcf-scan/" + r.Command + "/" + r.RunID}
	}
	return run
}

// ownershipRules are the classes of ownership that ask for a decision.
var ownershipRules = map[string]struct{ title, help string }{
	string(owner.Orphan):       {"no living app version declares this resource", "Declare the resource in the app version that needs it, or remove it."},
	string(owner.Contested):    {"two owners claim this resource", "Remove one of the two claims: a written id in a declaration or an owner tag."},
	string(owner.StaleVersion): {"the app version that owns this resource is neither active nor retired", "Declare that version again, or retire it with a tombstone or in the register."},
}

func driftRule(class string) engine.RuleCount {
	titles := map[string]string{
		"changed": "a live resource differs from its declaration", "missing": "a declared resource does not exist",
		"state-mismatch": "a live resource is not in its declared state", "version-skew": "a live resource carries another version than its declaration",
		"owner-conflict": "a live resource is claimed by another owner than its declaration", "ambiguous": "several live resources match one declaration",
		"unverifiable": "a declared resource could not be compared",
	}
	return engine.RuleCount{
		ID: "pcf-drift-" + class, Severity: engine.DriftSeverity(class), Title: titles[class],
		Remediation: "Bring the live resource back to its declaration, or change the declaration to what is wanted.",
	}
}

// sarifRules collects the rules of a run; results refer to them by index.
type sarifRules struct {
	list  []sarifRule
	index map[string]int
}

func (s *sarifRules) add(c engine.RuleCount) int {
	if i, ok := s.index[c.ID]; ok {
		return i
	}
	s.index[c.ID] = len(s.list)
	s.list = append(s.list, sarifRuleOf(c))
	return len(s.list) - 1
}

func sarifRuleOf(c engine.RuleCount) sarifRule {
	title := plainText(cmp.Or(c.Title, c.ID))
	tags := []string{"security"}
	for _, name := range controlNames(c.Controls) {
		tags = append(tags, inert(name))
	}
	return sarifRule{
		ID: c.ID, ShortDescription: title, FullDescription: title, Help: plainText(cmp.Or(c.Remediation, c.Title, c.ID)),
		Default:    sarifConfiguration{Level: sarifLevel(c.Severity)},
		Properties: sarifRuleProperties{Tags: tags, SecuritySeverity: securitySeverity[c.Severity]},
	}
}

func (s *sarifRules) result(c engine.RuleCount, at engine.Place, fingerprint string) sarifResult {
	return sarifResult{
		RuleID: c.ID, RuleIndex: s.add(c), Kind: "fail", Level: sarifLevel(c.Severity),
		Locations: []sarifLocation{location(at)},
		// Code scanning tells alerts apart by primaryLocationLineHash alone; without it
		// an alert would move with its line.
		Fingerprints: map[string]string{"pcfScan/v1": fingerprint, "primaryLocationLineHash": strings.TrimPrefix(fingerprint, "sha256:")},
	}
}

// known says that an earlier run had the result too.
func (s *sarifResult) known(is bool) {
	if is {
		s.Baseline = "unchanged"
	}
}

func sarifLevel(severity string) string {
	switch severity {
	case "critical", "high":
		return "error"
	case "medium":
		return "warning"
	}
	return "note"
}

// securitySeverity puts our severities in the middle of the ranges by which code
// scanning names them (over 9 critical, 7 to 8.9 high, 4 to 6.9 medium, below low).
var securitySeverity = map[string]string{"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "info": "0.0"}

// location is a place in a file for what is declared, and a logical place, the ref, for what
// lives. Code scanning refuses a result without a file: there the ref stands for one.
func location(at engine.Place) sarifLocation {
	var l sarifLocation
	if at.File != "" {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{URI: fileURI(at.File)}}
		if at.Line > 0 {
			l.Physical.Region = &sarifRegion{StartLine: at.Line, StartColumn: max(at.Column, 0)}
		}
	}
	name, full := cmp.Or(at.LogicalID, at.ID, at.Type), ""
	if at.ID != "" && (at.File == "" || at.Account != "") {
		full = ref(at)
	} else if at.LogicalID != "" {
		full = at.Type + "/" + at.LogicalID
	}
	if full != "" && l.Physical == nil {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{URI: fileURI(inert(full))}}
	}
	if name != "" {
		l.Logical = []sarifLogical{{Name: inert(name), FullyQualifiedName: inert(full), Kind: "resource"}}
	}
	return l
}

// fileURI writes a path as a URI reference: relative paths stay relative, so that a
// viewer resolves them against the checkout.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme = "file"
	}
	return u.String()
}

func invocation(r *engine.Result) sarifInvocation {
	inv := sarifInvocation{
		ExecutionSuccessful: everythingRead(r),
		Start:               utc(r.StartedAt), End: utc(r.FinishedAt), Account: r.Actor,
		Notifications: []sarifNotification{},
	}
	for _, f := range r.Faults {
		n := sarifNotification{Descriptor: sarifID{"pcf-malformed-input"}, Level: "error", Message: plainText(faultMessage(f))}
		if f.File != "" {
			n.Locations = []sarifLocation{location(engine.Place{File: f.File, Line: f.Line, Column: f.Column})}
		}
		inv.Notifications = append(inv.Notifications, n)
	}
	for _, g := range r.Gaps {
		n := sarifNotification{
			Descriptor: sarifID{"pcf-gap-" + g.Reason}, Level: "error",
			Message: plainText("could not read " + gapPlace(g) + " (" + g.Reason + "): " + g.Message),
		}
		if g.File != "" {
			n.Locations = []sarifLocation{location(engine.Place{File: g.File})}
		}
		inv.Notifications = append(inv.Notifications, n)
	}
	for _, a := range actions(r) {
		if s := a.state(); s == "failed" || s == "blocked" || s == "stale" {
			inv.Notifications = append(inv.Notifications, sarifNotification{
				Descriptor: sarifID{"pcf-action-" + s}, Level: "error", Message: plainText(strings.Join(append([]string{a.title()}, a.notes()...), "; ")),
			})
		}
	}
	for _, u := range r.NotJudged {
		inv.Notifications = append(inv.Notifications, sarifNotification{
			Descriptor: sarifID{"pcf-not-judged"}, Level: "note",
			Message: plainText("not judged: " + u.Because), Locations: []sarifLocation{location(u.Resource)},
		})
	}
	return inv
}

func faultMessage(f engine.Fault) string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + " (" + f.Hint + ")"
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func findingMessage(f engine.Finding) string {
	message := cmp.Or(f.Message, f.Rule)
	if f.Status == "unknown" {
		message = "could not be judged: " + message
	}
	return cmp.Or(f.Resource.LogicalID, f.Resource.ID, f.Resource.Type) + ": " + message
}

func driftMessage(d engine.Drift) string {
	message := cmp.Or(d.Particle, d.Resource.LogicalID, d.Resource.ID) + ": " + driftRule(d.Class).Title
	if d.Reason != "" {
		message += " (" + d.Reason + ")"
	}
	for _, c := range d.Changes {
		for _, line := range difference(c.Path, c.Declared, c.Live) {
			message += "; " + line
		}
	}
	return message
}

// plainText makes a message inert: a viewer takes "[text](target)" in it for a link,
// and a resource name must not become one.
func plainText(s string) sarifText {
	return sarifText{Text: strings.ReplaceAll(inert(s), "](", "] (")}
}

// about keeps the pairs that have a value, for the property bag of a result.
func about(pairs ...string) map[string]any {
	bag := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			bag[pairs[i]] = inert(pairs[i+1])
		}
	}
	return bag
}
