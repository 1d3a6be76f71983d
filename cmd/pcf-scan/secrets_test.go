package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pcf-scan/pcf-scan/engine"
	"github.com/pcf-scan/pcf-scan/engine/plan"
	"github.com/pcf-scan/pcf-scan/inventory/schema"
	"github.com/pcf-scan/pcf-scan/reaper/awscloud"
	"github.com/pcf-scan/pcf-scan/reports"
)

// seed is how every planted secret begins: DECLARED where a declaration has it, LIVE where an
// account has it. SCRIPT is a secret in what can be written and not read back, such as the code
// of a function: it is never printed either, but whoever creates a thing has to send it.
var seed = regexp.MustCompile(`(DECLARED|LIVE|GIVEN)-(SEED|SCRIPT)-\d+`)

// plant returns properties of a type with a secret in each place that takes one, and counts them.
// The places are those of the schema: what it makes write-only, what has a telling name, lists
// of {Name, Value}, and every map whose names are free, as of the variables of a function.
// Schemas have cycles, so that it goes down a few steps only.
func plant(t *schema.Type, word string, n *int) map[string]any {
	text := func(kind string) string {
		*n++
		return fmt.Sprintf("%s-%s-%d", word, kind, *n)
	}
	isText := func(node *schema.Node) bool {
		return node != nil && node.Kinds&schema.String != 0 && len(node.Enum) == 0
	}
	var grow func(node *schema.Node, pointer string, steps int) any
	grow = func(node *schema.Node, pointer string, steps int) any {
		switch {
		case node == nil || steps > 6 || pointer != "" && pointer == t.TagProperty: // a tag is read by everybody
			return nil
		case node.Kinds&schema.Object != 0 && len(node.Properties) > 0:
			object := map[string]any{}
			for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
				if v := grow(node.Properties[name], pointer+"/"+schema.EscapePointer(name), steps+1); v != nil {
					object[name] = v
				}
			}
			for _, naming := range []string{"Name", "Key", "OptionName", "ParameterKey"} {
				for _, value := range []string{"Value", "ParameterValue"} {
					if object[naming] == nil && isText(node.Properties[naming]) && isText(node.Properties[value]) {
						object[naming], object[value] = "DB_PASSWORD", text("SEED")
					}
				}
			}
			if len(object) > 0 {
				return object
			}
		case node.Kinds&schema.Object != 0 && (isText(node.Values) || node.Values == nil && node.Open) && schema.IsSensitive(t, pointer+"/DB_PASSWORD"):
			return map[string]any{"DB_PASSWORD": text("SEED"), "DATABASE_URL": "postgres://app:" + text("SEED") + "@db.example/orders"}
		case node.Kinds&schema.Array != 0 && node.Items != nil:
			if v := grow(node.Items, pointer+"/0", steps+1); v != nil {
				return []any{v}
			}
		case isText(node) && schema.IsSensitive(t, pointer):
			if schema.IsSensitive(nil, pointer) {
				return text("SEED")
			}
			return text("SCRIPT")
		}
		return nil
	}
	properties, _ := grow(t.Root, "", 0).(map[string]any)
	return properties
}

// plantWorld writes into a directory an account, and declarations of all in it, that hold secrets
// wherever there is a place for one. Of each type one resource lives and differs; of those that
// can be acted on another one is missing, and one is of an app that is retired. It returns the
// ids of what differs, and how many secrets there are.
func plantWorld(t *testing.T, dir string, acting bool) (ids []string, planted int) {
	write := func(name string, v any) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	orders, legacy, live := map[string]any{}, map[string]any{}, []any{}
	for _, name := range schema.Names() {
		typ, ok := schema.Lookup(name)
		require.True(t, ok)
		before := planted
		declared := plant(typ, "DECLARED", &planted)
		acts := awscloud.Can(name, plan.Create) || awscloud.Can(name, plan.Update) || awscloud.Can(name, plan.Delete)
		if planted == before || acting && !acts {
			continue
		}
		lives := func(id string) {
			live = append(live, map[string]any{
				"type": name, "id": id, "account": "111122223333", "region": "eu-west-1", "tags": map[string]string{},
				"created": "2025-01-01T00:00:00Z", "properties": plant(typ, "LIVE", &planted),
			})
		}
		particle, manage := strings.ToLower(strings.ReplaceAll(name, "::", "-")), []string{"observe", "tag", "create", "update", "delete"}
		id := fmt.Sprint("thing-", planted)
		orders[particle] = map[string]any{"type": name, "id": id, "properties": declared, "manage": manage}
		lives(id)
		ids = append(ids, id)
		if acting {
			orders[particle+"-new"] = map[string]any{"type": name, "properties": plant(typ, "DECLARED", &planted), "manage": manage}
			legacy[particle] = map[string]any{"type": name, "id": "old-" + id, "properties": map[string]any{}, "manage": manage}
			lives("old-" + id)
		}
	}
	if acting { // what drifts in a secret is refused, so that something has to drift in another way
		typ, _ := schema.Lookup("AWS::Lambda::Function")
		properties := plant(typ, "LIVE", &planted)
		properties["Timeout"] = 3
		live = append(live, map[string]any{"type": typ.Name, "id": "slow", "account": "111122223333", "region": "eu-west-1", "tags": map[string]string{}, "properties": properties})
		orders["slow"] = map[string]any{"type": typ.Name, "id": "slow", "properties": map[string]any{"Timeout": 5}, "manage": []string{"update"}}
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "apps"), 0o700))
	write("apps/orders.yaml", map[string]any{"app": "orders", "version": "1.0.0", "environment": "dev", "particles": orders})
	write("apps/legacy.yaml", map[string]any{"app": "legacy", "version": "1.0.0", "environment": "dev", "retired": "2026-10-01T00:00:00Z", "owner": "l@acme.example", "particles": legacy})
	write("account.json", map[string]any{
		"schemaVersion": 1, "complete": true, "gaps": []any{}, "resources": live,
		"scope": map[string]any{"partition": "aws", "accounts": []string{"111122223333"}, "regions": []string{"eu-west-1", "global"}, "types": []string{"*"}},
	})
	return ids, planted
}

// plantedFiles are declarations with secrets, most of them with mistakes that an error points to.
var plantedFiles = map[string]string{
	"stack.yaml": `Parameters:
  Password: {Type: String, NoEcho: true, Default: DECLARED-SEED-0}
  Token: {Type: String, NoEcho: true}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {Description: !Ref Password, AssumeRolePolicyDocument: {}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "q-${Password}-${Token}"}}
  Database: {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: DECLARED-SEED-0}}
`,
	"torn.yaml": `Resources:
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      MasterUserPassword: DECLARED-SEED-0
    oops
`,
	"lost.yaml": `Resources:
  Database: {Type: AWS::RDS::DBInstance, Properties: {MasterUserPassword: !Sub "DECLARED-SEED-0${Nothing}", Port: [DECLARED-SEED-0], DBPassword: DECLARED-SEED-0}}
`,
	"wrong.yaml": `app: orders
version: 1.0.0
particles:
  db: {type: AWS::RDS::DBInstance, properties: {MasterUserPassword: DECLARED-SEED-0}, password: DECLARED-SEED-0}
`,
}

// TestNoSecretIsPrinted plants secrets in every place of every type that takes one, on both
// sides, and looks for them in whatever the program writes: every format of every report, logs,
// errors, notices, the history, the state with its journal, and plans in files.
func TestNoSecretIsPrinted(t *testing.T) {
	enter(t, nil)
	ids, planted := plantWorld(t, ".", false)
	require.Greater(t, len(ids), 100)
	acting, more := plantWorld(t, "acting", true)
	require.Greater(t, len(acting), 20)
	for name, text := range plantedFiles {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	inputs := []string{"account.json", "acting/account.json"} // and the declarations
	told := 0
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		told++
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.Nil(t, seed.Find(body), "a secret is in a notice")
	}))
	defer hook.Close()

	calls, acted := 0, map[string]bool{}
	look := func(what, text string) {
		if at := seed.FindStringIndex(text); at != nil {
			assert.Fail(t, "a secret is printed", "%s: %s", what, text[max(0, at[0]-200):min(len(text), at[1]+50)])
		}
	}
	// try calls the program, which must end with one of the codes, and looks at what it says.
	try := func(codes []int, line string, args ...any) string {
		calls++
		line = fmt.Sprintf(line, args...)
		stdout, stderr, code := call(t, words("%s", line)...)
		require.Contains(t, codes, code, "%s\n%.2000s", line, stderr)
		look("stdout of "+line, stdout)
		look("stderr of "+line, stderr)
		return stdout
	}
	judged, failed := []int{0, 1, 3}, []int{2}
	// shown saves a result, and draws it in every format.
	shown := func(codes []int, line string, args ...any) engine.Result {
		saved := try(codes, line+" --format json", args...)
		require.NoError(t, os.WriteFile("saved.json", []byte(saved), 0o600))
		for _, f := range reports.Formats() {
			try(judged, "report saved.json --format %s", f.Name)
		}
		return result(t, saved)
	}
	const all = "--include pass,skip,waived,properties -v --history history.db"
	for i, command := range []string{"check apps", "check stack.yaml --parameter Token=GIVEN-SEED-1", "check account.json", "scan --live snapshot:account.json --declared apps", "drift --live snapshot:account.json --declared apps", "inventory --live snapshot:account.json --declared apps"} {
		shown(judged, "%s %s --now 2026-11-0%dT00:00:00Z", command, all, i+1)
		try(judged, "%s --log-format json -v", command)
	}
	for _, id := range ids[:5] {
		try(judged, "explain %s --live snapshot:account.json --declared apps", id)
	}
	for _, f := range reports.Formats() { // with the lines of the files
		try(judged, "check stack.yaml --format %s", f.Name)
		try(failed, "check torn.yaml lost.yaml wrong.yaml stack.yaml --format %s -v", f.Name)
	}

	// What acts: the plan, the plan in a file, the deeds, the way back.
	const caps = "--max-delete unlimited --max-per-type unlimited --max-percent unlimited"
	const world = "--live sim:acting/account.json --declared acting/apps --history history.db -v"
	acts := []int{0, 1, 3, 4}
	applied := func(line string, args ...any) engine.Result {
		r := shown(acts, line, args...)
		for _, o := range r.Outcomes {
			acted[strings.Split(o.Action, "-")[0]+" "+o.State] = true
		}
		return r
	}
	shown(acts, "tag %s --now 2026-11-07T00:00:00Z --adopt --plan-out tag-plan.json", world)
	shown(acts, "repair %s --now 2026-11-07T00:00:00Z --plan-out repair-plan.json", world)
	applied("tag %s --now 2026-11-07T01:00:00Z --adopt --apply", world)
	repaired := applied("repair %s --now 2026-11-07T02:00:00Z --apply", world)
	shown(acts, "drift %s --now 2026-11-07T03:00:00Z", world)
	try(acts, "repair %s --now 2026-11-07T04:00:00Z --log-format json", world)
	applied("repair --live sim:acting/account.json --undo %s --apply --now 2026-11-07T05:00:00Z", repaired.RunID)
	notify := "--notify file:told.jsonl --notify webhook:" + hook.URL + "/GIVEN-SEED-2"
	shown(acts, "reap %s %s --now 2026-11-08T00:00:00Z --plan-out reap-plan.json", world, caps)
	marked := applied("reap %s %s %s --now 2026-11-08T00:00:00Z --apply", world, caps, notify)
	for _, f := range []string{"table", "json"} {
		try(acts, "reap status --now 2026-11-09T00:00:00Z --format %s", f)
	}
	at := marked.Plan.Actions[0].Resource
	applied("reap cancel aws/%s/%s/%s/%s --live sim:acting/account.json --now 2026-11-14T00:00:00Z", at.Account, at.Region, at.Type, at.ID)
	applied("reap %s %s %s --now 2026-11-15T00:00:00Z --apply", world, caps, notify)
	reaped := applied("reap %s %s %s --now 2026-12-15T00:00:00Z --apply", world, caps, notify)
	applied("reap undo %s --live sim:acting/account.json --now 2026-12-15T01:00:00Z", reaped.RunID)
	try(failed, "reap %s --notify webhook:http://GIVEN-SEED-3@ --apply", world)
	try(judged, "audit verify .pcf-scan/state")
	for _, format := range []string{"table", "json", "csv"} {
		try(judged, "history list --history history.db --format %s", format)
		try(judged, "history findings --history history.db --format %s", format)
		try(judged, "history trend --history history.db --format %s", format)
	}

	var files []string
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(inputs, path) || filepath.Ext(path) == ".yaml" {
			return err
		}
		files = append(files, path)
		content, err := os.ReadFile(path)
		if strings.HasSuffix(path, "-plan.json") {
			content = regexp.MustCompile(`DECLARED-SCRIPT-\d+`).ReplaceAll(content, nil)
			info, err := d.Info()
			require.NoError(t, err)
			assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "%s is for its owner", path)
		}
		look(path, string(content))
		return err
	}))
	assert.Subset(t, files, []string{".pcf-scan/state/journal.jsonl", "history.db", "told.jsonl", "repair-plan.json", "reap-plan.json"})
	assert.Positive(t, told, "somebody was told")
	for _, deed := range []string{"create done", "update done", "tag done", "mark done", "unmark done", "delete done"} {
		assert.True(t, acted[deed], "%s is not among what was done: %v", deed, slices.Sorted(maps.Keys(acted)))
	}
	t.Logf("%d secrets in %d types, looked for in %d calls, %d notices and %d files; done: %v", planted+more, len(ids), calls, told, len(files), slices.Sorted(maps.Keys(acted)))
}
