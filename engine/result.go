// Package engine composes a run: a scope goes in, a Result comes out. The Result is
// the only input of reports and is the saved file; the Gate turns it into an exit
// code. The package does no I/O, reads no clock and writes nothing.
package engine

import (
	"time"

	"github.com/pcf-scan/pcf-scan/engine/owner"
	"github.com/pcf-scan/pcf-scan/engine/plan"
)

// SchemaVersion is the version of the saved result (CONTRACT.md section 5).
const SchemaVersion = 1

// Result is one whole run. Sections that do not apply to a command are nil and are
// left out of the JSON.
type Result struct {
	SchemaVersion int       `json:"schemaVersion"`
	Tool          Tool      `json:"tool"`
	Command       string    `json:"command"`
	RunID         string    `json:"runId"`
	StartedAt     time.Time `json:"startedAt"`
	FinishedAt    time.Time `json:"finishedAt"`
	Scope         Scope     `json:"scope"`
	Complete      bool      `json:"complete"`
	Gaps          []Gap     `json:"gaps"`
	// Faults are malformed inputs; they are kept so that a saved result says all.
	Faults  []Fault     `json:"faults,omitempty"`
	Summary Summary     `json:"summary"`
	Rules   []RuleCount `json:"rules,omitzero"`
	// Controls are those of the frameworks that were asked for.
	Controls  []ControlCount `json:"controls,omitempty"`
	Findings  []Finding      `json:"findings,omitzero"`
	Resources []Resource     `json:"resources,omitzero"`
	// Apps are the app versions that something declared or owns.
	Apps  []App   `json:"apps,omitempty"`
	Drift []Drift `json:"drift,omitzero"`
	// Ignored are differences that an ignore rule covers; Warnings are doubts about inputs
	// that stopped nothing.
	Ignored []Ignored `json:"ignored,omitempty"`
	// NotJudged are the declared things that Summary.NotJudged counts.
	NotJudged []NotJudged `json:"notJudged,omitempty"`
	Warnings  []Fault     `json:"warnings,omitempty"`
	// Comparison is there when an older result was given (`report --against`).
	Comparison *Comparison `json:"comparison,omitempty"`
	// Plan is there when the command plans changes, Outcomes when it made them. Actor is who
	// made them: the ARN of the caller.
	Plan     *plan.Plan `json:"plan,omitempty"`
	Outcomes []Outcome  `json:"outcomes,omitempty"`
	Actor    string     `json:"actor,omitempty"`
	// History is there when the run was recorded (`--history FILE`): the newest runs up to
	// this one, oldest first, so that a saved result draws its trend without that file.
	History []Trend `json:"history,omitempty"`
}

// Outcome is what became of one action of the plan.
type Outcome struct {
	Action    string `json:"action"` // id of the action
	State     string `json:"state"`  // done, skipped, blocked, failed or stale
	Message   string `json:"message,omitempty"`
	RequestID string `json:"requestId,omitempty"`
	Created   string `json:"created,omitempty"` // the identifier of what was created
}

// Trend is one run in a history, in the numbers that are compared over time.
type Trend struct {
	RunID      string         `json:"runId"`
	Time       time.Time      `json:"time"` // when the run started
	Complete   bool           `json:"complete"`
	BySeverity map[string]int `json:"bySeverity"` // findings with status fail
	Resources  int            `json:"resources"`
	Orphans    int            `json:"orphans"`
	Drift      int            `json:"drift"` // declared resources that are not as declared, unverifiable ones left out
}

// Tool names the program that made the result.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Scope is where the run looked.
type Scope struct {
	Partition string   `json:"partition"`
	Accounts  []string `json:"accounts"`
	Regions   []string `json:"regions"`
	Types     []string `json:"types"`
	Files     []string `json:"files,omitempty"` // the declared files that were read
	// NarrowedTo names the filters that left live resources out ("app orders"): such a
	// result does not say what is not there.
	NarrowedTo []string `json:"narrowedTo,omitempty"`
}

// Gap is a place that could not be read.
type Gap struct {
	Account    string `json:"account,omitempty"`
	Region     string `json:"region,omitempty"`
	Type       string `json:"type,omitempty"`
	File       string `json:"file,omitempty"`
	App        string `json:"app,omitempty"`
	AppVersion string `json:"appVersion,omitempty"`
	Reason     string `json:"reason"`
	Message    string `json:"message"`
}

// Fault is a malformed input: where, what is wrong, what to do.
type Fault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Summary counts everything, also what is not listed. Maps hold every key, so that a
// zero is said.
type Summary struct {
	Resources  int            `json:"resources"`
	ByClass    map[string]int `json:"byClass,omitempty"`
	Findings   map[string]int `json:"findings,omitempty"`
	BySeverity map[string]int `json:"bySeverity,omitempty"` // of findings with status fail
	Drift      map[string]int `json:"drift,omitempty"`
	// Declared counts the declared resources of the run.
	Declared int `json:"declared,omitempty"`
	// Unverified counts declared properties that could not be compared.
	Unverified int `json:"unverified,omitempty"`
	// Ignored counts differences that an ignore rule of a particle covers.
	Ignored int `json:"ignored,omitempty"`
	// NotJudged counts declared resources that no rule can judge: their type has no schema
	// or no mapping.
	NotJudged int `json:"notJudged,omitempty"`
	// Recorded counts those of them that come from a record of what was deployed (a
	// Terraform state), which is not for judging.
	Recorded int `json:"recorded,omitempty"`
	// Judged divides all resources that rules looked at: definite (every verdict is),
	// unknown (one verdict at least could not be given), skipped (no rule concerns it),
	// noRule (none of the rules is for its type) and notJudged. The five add up to
	// Resources in a check.
	Judged map[string]int `json:"judged,omitempty"`
	// Controls counts the controls of the frameworks that were asked for, by framework (and
	// version, of a benchmark) and by status: see ControlStatuses.
	Controls map[string]map[string]int `json:"controls,omitempty"`
	// Known is there when the run had a baseline.
	Known *Known `json:"known,omitempty"`
}

// RuleCount is what one loaded rule decided.
type RuleCount struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Severity string `json:"severity"`
	// Remediation and Controls are the rule's own texts, so that a saved result explains
	// itself years later.
	Remediation string              `json:"remediation,omitempty"`
	Controls    map[string][]string `json:"controls,omitempty"`
	// Evidence is there when controls were asked for.
	Evidence *Evidence `json:"evidence,omitempty"`
	Pass     int       `json:"pass"`
	Fail     int       `json:"fail"`
	Unknown  int       `json:"unknown"`
	Error    int       `json:"error"`
	Skip     int       `json:"skip"`
	Waived   int       `json:"waived"`
}

// Place names a resource in findings and drift: live by id and ARN, declared by
// logical id and file position. The resource of an account-wide finding has the
// account id as its id.
type Place struct {
	Partition string `json:"partition,omitempty"`
	Type      string `json:"type"`
	ID        string `json:"id,omitempty"`
	LogicalID string `json:"logicalId,omitempty"`
	Account   string `json:"account,omitempty"`
	Region    string `json:"region,omitempty"`
	ARN       string `json:"arn,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
}

// Finding is the verdict of one rule on one resource.
type Finding struct {
	Rule        string              `json:"rule"`
	Severity    string              `json:"severity"`
	Status      string              `json:"status"`
	Resource    Place               `json:"resource"`
	Message     string              `json:"message"`
	Path        string              `json:"path,omitempty"`
	Remediation string              `json:"remediation,omitempty"`
	Controls    map[string][]string `json:"controls,omitempty"`
	App         string              `json:"app,omitempty"`
	AppVersion  string              `json:"appVersion,omitempty"`
	Environment string              `json:"environment,omitempty"`
	Fingerprint string              `json:"fingerprint"`
	Known       bool                `json:"known,omitempty"` // the baseline holds it already
	Waiver      *Waiver             `json:"waiver"`
	// Excerpt is what stands at the place in its file; nil where it is not shown. It is not
	// saved: a saved result holds no text of the files that it judged.
	Excerpt *Excerpt `json:"-"`
}

// Excerpt is the text around the place of a finding.
type Excerpt struct {
	First  int      // the number of the first line
	Lines  []string // as they stand in the file, what is sensitive left out
	Line   int      // the number of the line of the place
	Column int      // its character in that line as it is shown, from 1; 0 when it is not shown
}

// Waiver is the waiver that covers a finding.
type Waiver struct {
	Reason   string    `json:"reason"`
	Approver string    `json:"approver"`
	Expires  time.Time `json:"expires,omitzero"` // zero: a suppression in the declaration that has no date
}

// Resource is one live resource with its owner. Tags is nil (null) when they could not
// be read.
type Resource struct {
	Type        string            `json:"type"`
	ID          string            `json:"id"`
	ARN         string            `json:"arn,omitempty"`
	Name        string            `json:"name,omitempty"`
	Account     string            `json:"account"`
	Region      string            `json:"region"`
	Created     *time.Time        `json:"created,omitempty"`
	State       string            `json:"state,omitempty"`   // lifecycle state as the service names it
	Foreign     string            `json:"foreign,omitempty"` // why it is AWS's own or an account default
	KeptBy      []string          `json:"keptBy,omitempty"`  // refs of what makes or keeps it: see inventory.Resource
	Tags        map[string]string `json:"tags"`
	Unread      []string          `json:"unread"`
	Class       string            `json:"class,omitempty"`
	App         string            `json:"app,omitempty"`
	AppVersion  string            `json:"appVersion,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Particle    string            `json:"particle,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Evidence    []owner.Evidence  `json:"evidence,omitempty"`
	Known       bool              `json:"known,omitempty"`     // the baseline holds it in this class already
	Properties  map[string]any    `json:"properties,omitzero"` // with --include properties
}

// Drift is the comparison of one declared resource with the live world. In-sync
// resources are counted, not listed.
type Drift struct {
	Resource    Place        `json:"resource"`
	App         string       `json:"app,omitempty"`
	AppVersion  string       `json:"appVersion,omitempty"`
	Environment string       `json:"environment,omitempty"`
	Particle    string       `json:"particle,omitempty"`
	Class       string       `json:"class"`
	Severity    string       `json:"severity"`
	Reason      string       `json:"reason,omitempty"`
	Known       bool         `json:"known,omitempty"` // the baseline holds it already
	Changes     []Change     `json:"changes,omitempty"`
	Unverified  []Unverified `json:"unverified,omitempty"`
}

// Ignored is a difference that an ignore rule of its particle covers; the change's reason is
// the rule's.
type Ignored struct {
	Resource Place  `json:"resource"`
	App      string `json:"app,omitempty"`
	Change   Change `json:"change"`
}

// NotJudged is a declared thing that no rule can judge.
type NotJudged struct {
	Resource Place  `json:"resource"`
	Because  string `json:"because"`
}

// Unverified is a declared property that could not be compared.
type Unverified struct {
	Path    string `json:"path"`
	Because string `json:"because"`
}

// Change is one difference.
type Change struct {
	Path        string `json:"path"`
	Declared    any    `json:"declared"`
	Live        any    `json:"live"`
	Kind        string `json:"kind"`
	Severity    string `json:"severity"` // info when it is shown and does not count
	Replacement string `json:"replacement"`
	Reason      string `json:"reason,omitempty"`
}
