package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

// The world of the contract: one of each kind of input, so small that every verdict can be
// followed by eye.
var contractFiles = map[string]string{
	".git/HEAD": "", // the search for a configuration ends here
	"stack.yaml": `Parameters:
  Source: {Type: String, Default: 0.0.0.0/0}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: !Sub "in ${AWS::Region}"
      GroupName: !Sub "of-${AWS::AccountId}"
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Source}
`,
	"clean.yaml": `Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/8}
`,
	"unknown.yaml": `Parameters:
  Source: {Type: String}
Resources:
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      SecurityGroupIngress:
        - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Source}
`,
	"broken.yaml":  "Resources: [\n",
	"values.json":  `{"Source": "10.0.0.0/8"}`,
	"live.json":    `{"Cidr": "0.0.0.0/0"}`,
	"quiet.yaml":   "quiet: true\n",
	"json.yaml":    "format: json\n",
	"empty/.keep":  "",
	"accounts.yml": "- id: \"444455556666\"\n  role: arn:aws:iam::444455556666:role/reader\n",
	"waivers.yaml": `waivers:
  - {rule: restricted-ssh, resource: "*", reason: until the VPN is there, approver: security@acme.example, expires: 2027-01-01}
`,
	// The word that must not stand in a description is a parameter, and what is looked for
	// in a template is known only when the region and the account are.
	"rules/no-places.yaml": `id: no-places
title: Descriptions name no place
severity: low
types: [AWS::EC2::SecurityGroup]
params: {word: {type: string, default: eu-west-1}}
check: >-
  !glob(resource.properties.GroupDescription, "*" + params.word + "*") &&
  !glob(resource.properties.?GroupName.orValue(""), "*" + params.word + "*")
cases:
  - {name: a word, properties: {GroupDescription: web}, expect: pass}
  - {name: a place, properties: {GroupDescription: web in eu-west-1}, expect: fail}
`,
	"rules/modern-times.yaml": `id: modern-times
title: The clock stands after 1990
severity: low
types: [AWS::EC2::SecurityGroup]
params: {year: {type: string, default: "1990"}}
check: now > timestamp(params.year + "-01-01T00:00:00Z")
cases:
  - {name: now, properties: {GroupDescription: web}, expect: pass}
  - {name: later, properties: {GroupDescription: web}, params: {year: "2090"}, expect: fail}
`,
	"apps/orders.yaml": `app: orders
version: 1.0.0
environment: dev
parameters:
  Cidr: {Type: String, Default: 10.0.0.0/8}
particles:
  web:
    type: AWS::EC2::SecurityGroup
    id: sg-1
    properties:
      GroupDescription: web
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Cidr}]
`,
	"apps/billing.yaml": `app: billing
version: 2.0.0
environment: prod
particles:
  bills: {type: AWS::SQS::Queue, id: "https://sqs.us-east-1.amazonaws.com/444455556666/bills", properties: {QueueName: bills, DelaySeconds: 5}}
`,
	"account.json": `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333", "444455556666"], "regions": ["eu-west-1", "us-east-1"], "types": ["AWS::EC2::SecurityGroup", "AWS::SQS::Queue"]},
 "complete": true, "gaps": [], "resources": [
 {"type": "AWS::EC2::SecurityGroup", "id": "sg-1", "account": "111122223333", "region": "eu-west-1", "tags": {"team": "web"},
  "properties": {"GroupDescription": "web", "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]}},
 {"type": "AWS::SQS::Queue", "id": "https://sqs.us-east-1.amazonaws.com/444455556666/bills", "account": "444455556666", "region": "us-east-1", "tags": {},
  "properties": {"QueueName": "bills", "DelaySeconds": 0}}]}`,
	"unread.json": `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["AWS::EC2::SecurityGroup"]},
 "complete": true, "gaps": [], "resources": [
 {"type": "AWS::EC2::SecurityGroup", "id": "sg-1", "account": "111122223333", "region": "eu-west-1", "tags": {}, "unread": ["/GroupDescription"],
  "properties": {"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]}}]}`,
	"types.yaml":     "type: [AWS::SQS::Queue]\n",
	"adopt/pcf.yaml": "app: files\nversion: 1.0.0\nparticles:\n  all: {type: AWS::S3::Bucket, properties: {BucketName: all-files}}\n",
	"adopt/live.json": `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["AWS::S3::Bucket"]},
 "complete": true, "gaps": [], "resources": [
 {"type": "AWS::S3::Bucket", "id": "all-files", "account": "111122223333", "region": "eu-west-1", "tags": {}, "properties": {"BucketName": "all-files"}}]}`,
	"gap.json": `{"schemaVersion": 1, "scope": {"partition": "aws", "accounts": ["111122223333"], "regions": ["eu-west-1"], "types": ["AWS::EC2::SecurityGroup", "AWS::SQS::Queue"]},
 "complete": false, "gaps": [{"account": "111122223333", "region": "eu-west-1", "type": "AWS::SQS::Queue", "reason": "denied", "message": "no"}], "resources": [
 {"type": "AWS::EC2::SecurityGroup", "id": "sg-1", "account": "111122223333", "region": "eu-west-1", "tags": {}, "properties": {"GroupDescription": "web"}}]}`,
}

const contractClock = "2026-11-01T00:00:00Z"

// enter makes the world of the contract in a new directory and goes there, without
// credentials, network or settings from outside.
func enter(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "", "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
	} {
		t.Setenv(name, value)
	}
}

// call runs the program in this process.
func call(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"pcf-scan"}, args...), &out, &errs)
	return out.String(), errs.String(), code
}

func words(format string, args ...any) []string { return strings.Fields(fmt.Sprintf(format, args...)) }

// save writes what a command prints into a file.
func save(t *testing.T, file, command string) {
	t.Helper()
	stdout, stderr, _ := call(t, words("%s", command)...)
	require.NotEmpty(t, stdout, stderr)
	require.NoError(t, os.WriteFile(file, []byte(stdout), 0o600))
}

// leaf is a command that does something, with its name as a user types it.
type leaf struct {
	name  string
	flags []cli.Flag
}

func leaves() []leaf {
	var all []leaf
	for _, c := range newApp(new(int), io.Discard, io.Discard).Commands {
		if len(c.Subcommands) == 0 || c.Name == "reap" { // which acts itself too
			all = append(all, leaf{c.Name, c.Flags})
		}
		for _, s := range c.Subcommands {
			all = append(all, leaf{c.Name + " " + s.Name, s.Flags})
		}
	}
	return all
}

// oneAccount is the world of the commands that act: they do so in one account.
const oneAccount = "--live snapshot:account.json --account 111122223333 --declared apps"

// usual is how each command is called where a row does not say otherwise.
var usual = map[string]string{
	"check": "check stack.yaml", "scan": "scan --live snapshot:account.json --declared apps", "drift": "drift --live snapshot:account.json --declared apps",
	"inventory": "inventory --live snapshot:account.json --declared apps", "explain": "explain Web stack.yaml", "report": "report before.json",
	"rules list": "rules list", "rules show": "rules show no-places --rules rules", "rules test": "rules test rules", "rules lint": "rules lint rules",
	"reap": "reap " + oneAccount, "reap status": "reap status --state past-state",
	"reap cancel": "reap cancel q-1 --live sim:sim.json --state past-state", "reap undo": "reap undo run-x --live sim:sim.json --state past-state",
	"tag": "tag " + oneAccount, "repair": "repair " + oneAccount, "audit verify": "audit verify past-state",
	"rules new": "rules new a-rule", "types": "types", "permissions": "permissions --for scan",
	"history list": "history list --history past.db", "history trend": "history trend --history past.db", "history findings": "history findings --history past.db",
	"history outcomes": "history outcomes --history past.db", "history prune": "history prune --history past.db --keep-runs 100",
}

// act is one flag at work: the run without it, the flag, and what is seen of it.
type act struct {
	without string // "" is the usual call; COMMAND stands for the command
	flag    string // the flag and its value
	see     string // what the run with the flag prints that the run without does not (a regexp over exit code, stdout, stderr, files)
	aws     bool   // against an AWS that answers only some calls
	slow    bool   // the whole pack is read each time: with and without the flag is enough
	none    string // why nothing is seen of it here, instead of all that
}

// acts has a row for each flag: for all commands that take it, or for one of them
// ("command --flag"). A flag without a row, and a row without a flag, fail the test.
var acts = map[string]act{
	"app":           {flag: "orders", see: `narrowed|orders`},
	"check --app":   {without: "check stack.yaml --format json", flag: "orders", see: `"app": "orders"`},
	"explain --app": {without: "explain Web stack.yaml --format json", flag: "orders", see: `"app": "orders"`},
	"environment":   {flag: "prod", see: `prod`},
	"check --environment": {
		without: "check stack.yaml --app orders --format json", flag: "prod", see: `"environment": "prod"`,
	},
	"explain --environment": {
		without: "explain Web stack.yaml --app orders --format json", flag: "prod", see: `"environment": "prod"`,
	},
	"parameter":              {flag: "Cidr=0.0.0.0/0", see: `changed|in-sync`},
	"check --parameter":      {without: "check stack.yaml --rule restricted-ssh", flag: "Source=10.0.0.0/8", see: "exit 0"},
	"explain --parameter":    {without: "explain restricted-ssh Web stack.yaml", flag: "Source=10.0.0.0/8", see: "pass"},
	"inventory --parameter":  {none: "an inventory shows what lives; a parameter changes only what is declared, which must still be read"},
	"parameters":             {flag: "live.json", see: `changed|in-sync`},
	"check --parameters":     {without: "check stack.yaml --rule restricted-ssh", flag: "values.json", see: "exit 0"},
	"explain --parameters":   {without: "explain restricted-ssh Web stack.yaml", flag: "values.json", see: "pass"},
	"inventory --parameters": {none: "as --parameter"},
	"declared":               {without: "COMMAND --live snapshot:account.json", flag: "apps", see: "declared in files apps/billing.yaml, apps/orders.yaml"},
	"explain --declared":     {without: "explain sg-1 --live snapshot:account.json", flag: "apps", see: "orders"},

	"live":           {without: "COMMAND --declared apps", flag: "snapshot:account.json", see: "resources|judged|drift"},
	"explain --live": {without: "explain sg-1", flag: "snapshot:account.json", see: "sg-1"},
	"region":         {flag: "us-east-1", see: "us-east-1"},
	"check --region": {without: "check stack.yaml --rules rules --rule no-places", flag: "eu-west-1", see: "exit 1"},
	"explain --region": {
		without: "explain sg-1 --live snapshot:account.json", flag: "us-east-1", see: "exit 2",
	},
	"type":             {flag: "AWS::SQS::Queue", see: "AWS::SQS::Queue"},
	"explain --type":   {without: "explain sg-1 --live snapshot:account.json", flag: "AWS::SQS::Queue", see: "exit 2"},
	"rules new --type": {flag: "AWS::SQS::Queue", see: "types: .AWS::SQS::Queue"},
	"account":          {flag: "444455556666", see: "444455556666"},
	"check --account": {
		without: "check stack.yaml --rules rules --rule no-places --param no-places.word=111122223333", flag: "111122223333", see: "exit 1",
	},
	"explain --account":          {without: "explain sg-1 --live snapshot:account.json", flag: "444455556666", see: "exit 2"},
	"permissions --account":      {flag: "444455556666=arn:aws:iam::444455556666:role/reader", see: "sts:AssumeRole"},
	"accounts":                   {without: "COMMAND --declared apps --type AWS::SQS::Queue --region eu-west-1", aws: true, flag: "accounts.yml", see: "AssumeRole"},
	"explain --accounts":         {without: "explain bills --type AWS::SQS::Queue --region eu-west-1", aws: true, flag: "accounts.yml", see: "AssumeRole"},
	"permissions --accounts":     {flag: "accounts.yml", see: "sts:AssumeRole"},
	"organization":               {without: "COMMAND --declared apps --type AWS::SQS::Queue --region eu-west-1", aws: true, flag: "", see: "ListAccounts"},
	"explain --organization":     {without: "explain bills --type AWS::SQS::Queue --region eu-west-1", aws: true, flag: "", see: "ListAccounts"},
	"permissions --organization": {flag: "", see: "organizations:ListAccounts"},

	"rules":              {flag: "rules", see: "."},
	"rules show --rules": {without: "rules show no-places", flag: "rules", see: "Descriptions name no place"},
	"rules test --rules": {without: "rules test", flag: "rules", see: "0 failed", slow: true},
	"rules lint --rules": {without: "rules lint", flag: "rules", see: "no-places", slow: true},
	"rules new --rules":  {without: "rules new no-places", flag: "rules", see: "is taken by rules/no-places.yaml"},
	"waivers":            {without: "COMMAND --live snapshot:account.json --rule restricted-ssh", flag: "waivers.yaml", see: "1 waived"},
	"check --waivers":    {without: "check stack.yaml --rule restricted-ssh", flag: "waivers.yaml", see: "exit 0"},
	"no-waivers":         {without: "COMMAND --live snapshot:account.json --rule restricted-ssh --waivers waivers.yaml", see: "restricted-ssh: "},
	"check --no-waivers": {without: "check stack.yaml --rule restricted-ssh --waivers waivers.yaml", see: "exit 1"},
	"rule":               {flag: "restricted-ssh", see: "restricted-ssh"},
	"skip-rule":          {flag: "restricted-ssh", see: "."},
	"framework":          {flag: "fsbp", see: "."},
	"severity":           {flag: "high", see: "high"},
	"param":              {without: "COMMAND --live snapshot:account.json --rules rules --rule no-places", flag: "no-places.word=web", see: "exit 1"},
	"check --param":      {without: "check clean.yaml --rules rules --rule no-places", flag: "no-places.word=web", see: "exit 1"},
	"explain --param":    {without: "explain no-places Web clean.yaml --rules rules", flag: "no-places.word=web", see: "fail"},
	"rules list --param": {without: "rules list --rules rules --rule no-places --format json", flag: "no-places.word=web", see: `"web"`},

	"format":                {flag: "json", see: `"schemaVersion": 1`},
	"output":                {flag: "out.txt", see: `out\.txt`},
	"include":               {flag: "properties", see: `.`, without: "COMMAND --live snapshot:account.json --format json"},
	"check --include":       {without: "check stack.yaml --format json", flag: "pass", see: `"status": "pass"`},
	"scan --include":        {without: "scan --live snapshot:account.json --format json", flag: "properties", see: `"GroupDescription"`},
	"report --include":      {flag: "pass", see: "save it with --include pass"},
	"drift --include":       {none: "a comparison has no passes, skips or waivers, and lists properties where they differ, always"},
	"summary":               {without: "COMMAND --live snapshot:account.json --declared apps --format json", see: `.`},
	"check --summary":       {see: "exit 1"},
	"report --summary":      {see: "exit 0"},
	"no-color":              {none: "colours are for terminals only: TestTerminal"},
	"fail-on":               {flag: "none", see: "exit 0"},
	"report --fail-on":      {without: "report stack.json --against clean.json", flag: "none", see: "exit 0"},
	"inventory --fail-on":   {none: "an inventory only lists: its exit code is 0, or 3 with gaps"},
	"unknown":               {without: "COMMAND --live snapshot:unread.json --rules rules --rule no-places", flag: "fail", see: "exit 3"},
	"check --unknown":       {without: "check stack.yaml --rules rules --rule no-places", flag: "fail", see: "exit 3"},
	"drift --unknown":       {none: "no rule is judged here"},
	"inventory --unknown":   {none: "no rule is judged here"},
	"strict":                {without: "COMMAND --live snapshot:unread.json --rules rules --rule no-places", see: "exit 3"},
	"check --strict":        {without: "check stack.yaml --rules rules --rule no-places", see: "exit 3"},
	"drift --strict":        {without: "drift --live snapshot:unread.json --declared apps/orders.yaml --parameter Cidr=0.0.0.0/0 --fail-on none", see: "exit 3"},
	"inventory --strict":    {none: "nothing is judged or compared here"},
	"baseline":              {flag: "before.json", see: "known"},
	"scan --baseline":       {flag: "scan.json", see: "exit 0"},
	"drift --baseline":      {flag: "drift.json", see: "exit 0"},
	"inventory --baseline":  {flag: "inventory.json", see: "exit"},
	"allow-partial":         {without: "COMMAND --live snapshot:gap.json", see: "exit 0"},
	"check --allow-partial": {without: "check gap.json --rule restricted-ssh", see: "exit 0"},
	"scan --allow-partial":  {without: "scan --live snapshot:gap.json --severity high", see: "exit 0"},
	"drift --allow-partial": {without: "drift --live snapshot:gap.json --declared apps/billing.yaml", see: "exit 0"},
	"against":               {without: "report stack.json", flag: "clean.json", see: "exit 1"},

	"permissions --config":  {flag: "types.yaml", see: "sqs:GetQueueAttributes"},
	"permissions --type":    {flag: "AWS::SQS::Queue", see: "sqs:GetQueueAttributes"},
	"permissions --state":   {without: "permissions --for reap", flag: "s3://acme-state/prod", see: "arn:aws:s3:::acme-state/prod/"},
	"config":                {flag: "json.yaml", see: `"schemaVersion": 1`},
	"rules test --config":   {flag: "quiet.yaml", see: "exit"},
	"rules lint --config":   {flag: "quiet.yaml", see: "exit"},
	"rules new --config":    {flag: "quiet.yaml", see: "exit"},
	"concurrency":           {without: "COMMAND --declared apps --type AWS::SQS::Queue --region eu-west-1,us-east-1,eu-west-2,eu-west-3", aws: true, flag: "1", see: "calls at once: 1"},
	"explain --concurrency": {without: "explain bills --type AWS::SQS::Queue --region eu-west-1,us-east-1,eu-west-2,eu-west-3", aws: true, flag: "1", see: "calls at once: 1"},
	"check --concurrency":   {none: "the number of workers; the result is the same with every number, which TestConcurrencyChangesNothing shows"},
	"timeout":               {without: "COMMAND --declared apps --type AWS::SQS::Queue --region eu-west-1", aws: true, flag: "1ms", see: "exit [23]"},
	"check --timeout":       {flag: "1ns", see: "exit 2"},
	"explain --timeout":     {flag: "1ns", see: "exit 2"},
	"now":                   {without: "COMMAND --live snapshot:account.json --declared apps --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"check --now":           {without: "check stack.yaml --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"explain --now":         {without: "explain modern-times Web clean.yaml --rules rules", flag: "1980-01-01T00:00:00Z", see: "fail"},
	"no-progress":           {none: "progress is for terminals only: TestTerminal"},
	"quiet":                 {see: "exit"},
	"verbose":               {see: "settings: "},
	"log-format":            {flag: "json", see: `"msg":"the environment variable PCF_SCAN_NOPE sets no flag of this program"`},
	"class":                 {flag: "orphan", see: "."},

	"tag --app":              {without: "tag " + oneAccount + " --format json", flag: "orders", see: `"app orders"`},
	"tag --environment":      {without: "tag " + oneAccount + " --format json", flag: "prod", see: `"environment prod"`},
	"tag --parameter":        {none: "the owner tags do not depend on properties"},
	"tag --parameters":       {none: "as --parameter"},
	"tag --declared":         {without: "tag --live snapshot:account.json --account 111122223333", flag: "apps", see: "declared in files"},
	"repair --declared":      {without: "repair --live snapshot:account.json --account 111122223333", flag: "apps", see: "declared in files"},
	"tag --live":             {without: "tag --declared apps --account 111122223333", flag: "snapshot:account.json", see: "PLAN: 1 action"},
	"repair --live":          {without: "repair --declared apps --account 111122223333", flag: "snapshot:account.json", see: "PLAN: 0 actions"},
	"tag --account":          {without: "tag --live snapshot:account.json --declared apps", flag: "444455556666", see: "PLAN: 1 action in account 444455556666"},
	"repair --account":       {without: "repair --live snapshot:account.json --declared apps", flag: "444455556666", see: "PLAN: 0 actions in account 444455556666"},
	"apply":                  {see: "a snapshot is only read"}, // what it does: testdata/script
	"plan-out":               {flag: "saved.json", see: `saved\.json:\n\{`},
	"tag --plan":             {flag: "tag-plan.json", see: "PLAN: 1 action"},
	"repair --plan":          {flag: "repair-plan.json", see: "PLAN: 0 actions"},
	"digest":                 {flag: "sha256:0", see: "it needs --apply"},
	"state":                  {flag: "stack.yaml", see: "this is not a directory"},
	"explain --state":        {without: "explain sg-1 --live snapshot:account.json", flag: "stack.yaml", see: "this is not a directory"},
	"undo":                   {flag: "run-of-nobody", see: "there is no state"},
	"adopt":                  {without: "tag --live snapshot:adopt/live.json --declared adopt", see: "because adopted"},
	"tag --allow-partial":    {without: "tag --live snapshot:gap.json --declared apps/billing.yaml", see: "exit 0"},
	"repair --allow-partial": {without: "repair --live snapshot:gap.json --declared apps/billing.yaml", see: "exit 0"},
	"repair --fail-on":       {without: "repair --live snapshot:account.json --account 111122223333 --declared apps/orders.yaml", flag: "none", see: "exit 0"},
	"repair --strict":        {without: "repair --live snapshot:unread.json --declared apps/orders.yaml --parameter Cidr=0.0.0.0/0 --fail-on none", see: "exit 3"},
	"tag --now":              {without: "tag " + oneAccount + " --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"repair --now":           {without: "repair " + oneAccount + " --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"reap --parameter":       {none: "who owns what does not depend on properties"},
	"reap --parameters":      {none: "as --parameter"},
	"reap --declared":        {without: "reap --live snapshot:account.json --account 111122223333", flag: "apps", see: "declared in files"},
	"reap --live":            {without: "reap --declared apps --account 111122223333", flag: "snapshot:account.json", see: "PLAN: "},
	"reap --account":         {without: "reap --live snapshot:account.json --declared apps", flag: "444455556666", see: "in account 444455556666"},
	"reap --plan":            {flag: "reap-plan.json", see: "."},
	"reap --allow-partial":   {without: "reap --live snapshot:gap.json --declared apps/billing.yaml", see: "exit 0"},
	"reap --rules":           {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --rule":            {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --skip-rule":       {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --framework":       {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --severity":        {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --param":           {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --waivers":         {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --no-waivers":      {none: "only rules with `action: reap` have a say, and the pack has none: testdata/script/reap.txtar"},
	"reap --now":             {without: "reap " + oneAccount + " --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"grace":                  {flag: "1h", see: "only for the teardown"}, // what these do: testdata/script/reap.txtar
	"reap status --grace":    {flag: "soon", see: "want a time"},
	"max-delete":             {flag: "many", see: "want a number"},
	"max-per-type":           {flag: "many", see: "want a number"},
	"max-percent":            {flag: "many", see: "want a number"},
	"consent":                {flag: "stack.yaml", see: "read consents"},
	"prices":                 {flag: "stack.yaml", see: "read prices"},
	"notify":                 {flag: "pigeon:home", see: "none of file:PATH"},
	"accept-fewer":           {none: "there is no run before: testdata/script/reap.txtar"},
	"reap status --now":      {without: "reap status --state past-state --format json", flag: "1980-01-01T00:00:00Z", see: "run-19800101T000000Z"},
	"reap cancel --live":     {without: "reap cancel q-1 --state past-state", flag: "sim:sim.json", see: "nothing of that name is marked"},
	"reap cancel --state":    {without: "reap cancel q-1 --live sim:sim.json", flag: "past-state", see: "nothing of that name is marked"},
	"reap cancel --account":  {none: "a mark names its account"},
	"reap cancel --apply":    {none: "to take a mark back loses nothing: it acts at once"},
	"reap cancel --format":   {none: "nothing is marked here: testdata/script/reap.txtar"},
	"reap cancel --output":   {none: "as --format"},
	"reap cancel --now":      {none: "as --format"},
	"reap undo --live":       {without: "reap undo run-x --state past-state", flag: "sim:sim.json", see: "knows no such run"},
	"reap undo --state":      {without: "reap undo run-x --live sim:sim.json", flag: "past-state", see: "knows no such run"},
	"reap undo --account":    {none: "as of reap cancel"},
	"reap undo --apply":      {none: "as of reap cancel: no run marked anything here"},
	"reap undo --format":     {none: "as --apply"},
	"reap undo --output":     {none: "as --apply"},
	"reap undo --now":        {none: "as --apply"},
	"reap --app":             {none: "nothing here is a candidate: testdata/script/reap.txtar"},
	"reap --environment":     {none: "as --app"},
	"reap --apply":           {see: "give --notify"},
	"reap status --state":    {without: "reap status", flag: "past-state", see: "PLAN: 0 actions"},
	"reap cancel --config":   {none: "as --format"},
	"reap undo --config":     {none: "as --apply"},
	"head":                   {flag: "1:" + strings.Repeat("00", 32), see: "NOT INTACT"},
	"tag":                    {flag: "team=web", see: "."},
	"all":                    {see: "AWS::AccessAnalyzer::Analyzer"},
	"for":                    {without: "permissions", flag: "scan", see: "sqs:ListQueues"},

	"report --framework":        {flag: "fsbp", see: "controls"},
	"permissions --app":         {without: "permissions --declared apps", flag: "orders", see: "ec2:DescribeSecurityGroups"},
	"permissions --environment": {without: "permissions --declared apps --app orders", flag: "prod", see: "exit 2"},
	"permissions --declared":    {without: "permissions --app orders", flag: "apps", see: "ec2:DescribeSecurityGroups"},

	"history":                        {flag: "runs.db", see: `runs\.db:`},
	"history list --history":         {without: "history list", flag: "past.db", see: "scan"},
	"history trend --history":        {without: "history trend", flag: "past.db", see: "scan"},
	"history findings --history":     {without: "history findings", flag: "past.db", see: "restricted-ssh"},
	"history outcomes --history":     {without: "history outcomes", flag: "past.db", see: "tag +done"},
	"history outcomes --now":         {without: "history outcomes --history past.db --since 30d", flag: "1980-01-01T00:00:00Z", see: "tag +done"},
	"history outcomes --app":         {flag: "none", see: "no recorded run has numbers of it"},
	"history outcomes --account":     {flag: "444455556666", see: "exit 0"},
	"history prune --history":        {without: "history prune --keep-runs 100", flag: "past.db", see: "exit 0"},
	"history list --now":             {without: "history list --history past.db --since 30d", flag: "1980-01-01T00:00:00Z", see: "2020-01-01"},
	"history trend --now":            {without: "history trend --history past.db --since 30d", flag: "1980-01-01T00:00:00Z", see: "2020-01-01"},
	"history findings --now":         {without: "history findings --history past.db --since 30d", flag: "1980-01-01T00:00:00Z", see: "2020-01-01"},
	"history prune --now":            {without: "history prune --history old.db --keep 30d", flag: "1980-01-01T00:00:00Z", see: "exit 0"},
	"since":                          {flag: "30d", see: "2026-11-01"},
	"history outcomes --since":       {flag: "30d", see: "exit 0"},
	"command":                        {flag: "check", see: "2020-01-01"},
	"last":                           {flag: "1", see: "2026-11-01"},
	"open":                           {see: "2026-11-01"},
	"control":                        {flag: "fsbp/EC2.13", see: "scan"},
	"history trend --rule":           {flag: "restricted-ssh", see: "scan"},
	"history trend --app":            {flag: "orders", see: "scan"},
	"history trend --account":        {flag: "444455556666", see: "scan"},
	"history trend --environment":    {without: "history trend --history past.db --app orders", flag: "prod", see: "exit 0"},
	"history findings --rule":        {flag: "restricted-ssh", see: "restricted-ssh"},
	"history findings --app":         {flag: "orders", see: "sg-1"},
	"history findings --account":     {flag: "444455556666", see: "bills"},
	"history findings --environment": {without: "history findings --history past.db --app orders", flag: "prod", see: "exit 0"},
	"keep":                           {without: "history prune --history past.db", flag: "90000d", see: "exit 0"},
	"keep-runs":                      {without: "history prune --history past.db", flag: "100", see: "exit 0"},
}

// enterPast makes what earlier runs left: results, plans, a state, a simulated cloud, histories.
func enterPast(t *testing.T) {
	t.Helper()
	for file, command := range map[string]string{
		"before.json": "check stack.yaml --format json", "stack.json": "check stack.yaml --format json", "clean.json": "check clean.yaml --format json",
		"scan.json": usual["scan"] + " --format json", "drift.json": usual["drift"] + " --format json", "inventory.json": usual["inventory"] + " --format json",
	} {
		save(t, file, command+" --now "+contractClock)
	}
	for _, command := range []string{"tag", "repair", "reap"} {
		call(t, words("%s --plan-out %s-plan.json --now %s", usual[command], command, contractClock)...)
	}
	require.NoError(t, os.WriteFile("sim.json", []byte(contractFiles["adopt/live.json"]), 0o600))
	call(t, words("tag --live sim:sim.json --declared adopt --adopt --apply --state past-state --now %s", contractClock)...)
	require.NoError(t, os.WriteFile("sim-2020.json", []byte(contractFiles["adopt/live.json"]), 0o600))
	call(t, words("tag --live sim:sim-2020.json --declared adopt --adopt --apply --state state-2020 --history past.db --now 2020-01-04T00:00:00Z")...)
	for _, file := range []string{"past.db", "old.db"} {
		call(t, words("check stack.yaml --now 2020-01-01T00:00:00Z --history %s", file)...)
		call(t, words("check clean.yaml stack.yaml --skip-rule restricted-ssh --now 2020-01-02T00:00:00Z --history %s", file)...)
		call(t, words("check clean.yaml stack.yaml --parameter Source=10.0.0.0/8 --now 2020-01-03T00:00:00Z --history %s", file)...)
		call(t, words("%s --now %s --history %s", usual["scan"], contractClock, file)...)
	}
}

// TestFlagsAct: every flag of every command acts, or the table says why nothing is seen of it;
// and it acts alike before the command, after the paths, from the environment and from the
// configuration file.
func TestFlagsAct(t *testing.T) {
	enter(t, contractFiles)
	t.Setenv("PCF_SCAN_NOPE", "1") // so that there is a warning to silence or to format
	enterPast(t)
	used := map[string]bool{}
	flags, calls, silent := 0, 0, 0
	for _, command := range leaves() {
		for _, f := range command.flags {
			name := f.Names()[0]
			key := command.name + " --" + name
			row, ok := acts[key]
			if !ok {
				key = name
				row, ok = acts[key]
			}
			if !assert.True(t, ok, "%s --%s has no row: show that it acts", command.name, name) {
				continue
			}
			used[key] = true
			flags++
			if row.none != "" {
				silent++
				continue
			}
			t.Run(strings.ReplaceAll(command.name, " ", "-")+"--"+name, func(t *testing.T) { calls += proveAct(t, command, f, row) })
		}
	}
	for key := range acts {
		assert.True(t, used[key], "the row %q is for a flag that is not there", key)
	}
	t.Logf("%d flags of %d commands: %d act in %d runs, %d have a reason why nothing is seen of them", flags, len(leaves()), flags-silent, calls, silent)
}

func proveAct(t *testing.T, command leaf, f cli.Flag, row act) (calls int) {
	name := f.Names()[0]
	without := usual[command.name]
	if row.without != "" {
		without = strings.ReplaceAll(row.without, "COMMAND", command.name)
	}
	line := strings.Fields(without)
	if name != "now" && slices.ContainsFunc(command.flags, func(f cli.Flag) bool { return f.Names()[0] == "now" }) {
		line = append(line, "--now", contractClock)
	}
	flag := []string{"--" + name}
	if row.flag != "" {
		flag = append(flag, row.flag)
	}
	observe := func(args ...string) string {
		calls++
		var cloud *fakeAWS
		if row.aws {
			cloud = startFakeAWS(t)
		}
		before, err := filepath.Glob("*")
		require.NoError(t, err)
		stdout, stderr, code := call(t, args...)
		seen := fmt.Sprintf("exit %d\n%s\n%s", code, stdout, stderr)
		if cloud != nil {
			seen += cloud.said(name == "concurrency")
		}
		after, err := filepath.Glob("*")
		require.NoError(t, err)
		for _, file := range after {
			if !slices.Contains(before, file) {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				seen += "\n" + file + ":\n" + string(text)
				require.NoError(t, os.Remove(file))
			}
		}
		return seen
	}
	see := regexp.MustCompile(row.see)
	absent := observe(line...)
	want := observe(slices.Concat(line, flag)...)
	require.NotEqual(t, absent, want, "the flag changes nothing")
	require.Regexp(t, see, want)
	if row.slow {
		return calls
	}
	// Where the settings come from, when a line was logged and what was done before the time
	// ran out may differ.
	same := func(got, why string) {
		t.Helper()
		if name == applyFlag && strings.HasPrefix(why, "from ") { // to act is ordered by typing it
			assert.Regexp(t, "^exit 2\n(?s:.*)command line", got, why)
			return
		}
		if name == "verbose" || name == "log-format" || name == "timeout" {
			assert.Regexp(t, see, got, why)
			return
		}
		assert.Equal(t, want, got, why)
	}
	same(observe(slices.Concat(flag, line)...), "before the command")
	words := len(strings.Fields(command.name))
	same(observe(slices.Concat(line[:words], flag, line[words:])...), "before the paths")
	value := row.flag
	if value == "" {
		value = "true"
	}
	variable := "PCF_SCAN_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	require.NoError(t, os.Setenv(variable, value))
	same(observe(line...), "from "+variable)
	require.NoError(t, os.Unsetenv(variable))
	if name == "config" {
		return calls // it cannot name itself
	}
	text, err := json.Marshal(value)
	require.NoError(t, err)
	if value == "true" {
		text = []byte(value)
	}
	require.NoError(t, os.WriteFile(configName, fmt.Appendf(nil, "%s: %s\n", camel(name), text), 0o600))
	same(observe(line...), "from "+configName)
	require.NoError(t, os.Remove(configName))
	return calls
}

// fakeAWS answers who asks, which accounts the organization has, and that there are no
// queues; it refuses everything else.
type fakeAWS struct {
	mu           sync.Mutex
	calls        map[string]bool
	active, most int
}

func startFakeAWS(t *testing.T) *fakeAWS {
	t.Helper()
	f := &fakeAWS{calls: map[string]bool{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"} {
		t.Setenv(name, value)
	}
	return f
}

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if _, target, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		action = target
	}
	f.mu.Lock()
	f.calls[action] = true
	f.active++
	f.most = max(f.most, f.active)
	f.mu.Unlock()
	time.Sleep(20 * time.Millisecond) // so that calls meet
	f.mu.Lock()
	f.active--
	f.mu.Unlock()
	xml := func(result string) {
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, result)
	}
	switch action {
	case "GetCallerIdentity":
		xml("<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/u</Arn>")
	case "AssumeRole":
		xml("<Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>")
	case "ListAccounts":
		fmt.Fprint(w, `{"Accounts": [{"Id": "111122223333", "Status": "ACTIVE"}, {"Id": "444455556666", "Status": "ACTIVE"}]}`)
	case "ListQueues":
		fmt.Fprint(w, `{}`)
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"__type": "AccessDeniedException", "message": "not here"}`)
	}
}

// said lists what was asked, and how many asked at once.
func (f *fakeAWS) said(atOnce bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var calls []string
	for c := range f.calls {
		calls = append(calls, c)
	}
	slices.Sort(calls)
	text := "\ncalls: " + strings.Join(calls, " ")
	if atOnce {
		text += fmt.Sprintf("\ncalls at once: %d\n", f.most)
	}
	return text
}

// contractFlags are all flags of the documented surface.
var contractFlags = words("declared parameter app environment live region account accounts organization type rules rule skip-rule framework " +
	"severity param waivers no-waivers baseline format output include summary fail-on unknown strict allow-partial apply plan-out plan digest " +
	"state grace max-delete max-per-type max-percent consent prices notify config history concurrency timeout now no-progress no-color quiet " +
	"verbose log-format against adopt undo for")

// TestForeignFlags: a flag that a command does not take is refused by its name, and says
// where it is one. None is dropped, and each is a flag of some command.
func TestForeignFlags(t *testing.T) {
	enter(t, contractFiles)
	has := map[string]bool{}
	for _, command := range leaves() {
		for _, f := range command.flags {
			has[f.Names()[0]] = true
		}
	}
	refused := 0
	for _, command := range leaves() {
		line := words("%s", usual[command.name])
		if len(line) == 0 {
			line = words("%s", command.name)
		}
		for _, name := range contractFlags {
			assert.True(t, has[name], name)
			if slices.ContainsFunc(command.flags, func(f cli.Flag) bool { return f.Names()[0] == name }) {
				continue
			}
			for _, args := range [][]string{append(slices.Clone(line), "--"+name), append([]string{"--" + name}, line...), append(slices.Clone(line), "--"+name+"=x")} {
				stdout, stderr, code := call(t, args...)
				assert.Equal(t, 2, code, "%v\n%s", args, stdout)
				assert.Contains(t, stderr, "--"+name, args)
				assert.Empty(t, stdout, args)
				assert.Contains(t, stderr, "it is a flag of", args)
				refused++
			}
		}
	}
	t.Logf("%d calls refused", refused)
}

// TestWrongValues: a value that a flag does not know is refused with the flag's name, and with
// what was meant where that can be guessed; in every command that takes the flag.
func TestWrongValues(t *testing.T) {
	enter(t, contractFiles)
	enterPast(t)
	rows := []struct{ flag, value, says string }{
		{"format", "jsn", `did you mean "json"|want table`},
		{"output", "nowhere/report.txt", "there is no directory nowhere; make it first"},
		{"output", "empty", "directory"},
		{"output", "jsn=report.txt", `did you mean "json"`},
		{"output", "json=", "the file name is missing"},
		{"include", "everything", "want pass, skip, waived or properties"},
		{"fail-on", "hihg", "want critical, high, medium, low or none"},
		{"fail-on", "info", "want critical, high, medium, low or none"},
		{"unknown", "maybe", "want fail or warn"},
		{"severity", "hihg", "severity"},
		{"rule", "restricted-shh", `did you mean "restricted-ssh"`},
		{"skip-rule", "restricted-shh", `did you mean "restricted-ssh"`},
		{"framework", "fsb", `did you mean "fsbp"`},
		{"param", "restricted-ssh.prt=22", `did you mean "?port`},
		{"param", "restricted-ssh", "KEY=VALUE"},
		{"param", "restricted-ssh.port=many", "port"},
		{"parameter", "Source", "KEY=VALUE"},
		{"parameters", "none.json", "none.json"},
		{"rules", "none", "none"},
		{"waivers", "none.yaml", "none.yaml"},
		{"baseline", "none.json", "none.json"},
		{"against", "none.json", "none.json"},
		{"config", "none.yaml", "none.yaml"},
		{"live", "azure", "want aws, snapshot:FILE or sim:FILE"},
		{"live", "snapshot:", "needs a file"},
		{"live", "snapshot:none.json", "none.json"},
		{"live", "sim:", "needs a file"},
		{"live", "sim:world.json", "world.json"},
		{"head", "12", "want NUMBER:SHA256"},
		{"digest", "sha256:0", "it needs --apply"},
		{"undo", "run-of-nobody", "there is no state"},
		{"plan", "none.json", "none.json"},
		{"plan-out", "none/plan.json", "there is no directory none"},
		{"state", "ftp://state", "want a directory or s3://bucket/prefix"},
		{"account", "orders", "orders"},
		{"accounts", "none.yaml", "accounts"},
		{"organization", "maybe", "maybe"},
		{"region", "eu-west-9", "eu-west-9"},
		{"type", "AWS::SQS::Queu", `did you mean "AWS::SQS::Queue"`},
		{"declared", "none", "none"},
		{"app", "ordres", `did you mean "orders"`},
		{"environment", "prd", `did you mean "prod"`},
		{"class", "orphans", `did you mean "orphan"`},
		{"now", "yesterday", "RFC 3339"},
		{"concurrency", "0", "want 1 or more"},
		{"concurrency", "many", "many"},
		{"timeout", "-5s", "positive duration"},
		{"timeout", "soon", "soon"},
		{"log-format", "xml", "want text or json"},
		{"strict", "maybe", "maybe"},
		{"for", "scna", `did you mean "scan"|want scan`},
	}
	// A value that is free there.
	free := map[string]string{
		"check --region": "no region is asked", "check --account": "as --region", "check --app": "a file without an app belongs to it", "check --environment": "as --app",
		"explain --app": "as in check", "explain --environment": "as in check", "explain --accounts": "nothing live is read",
		"explain --state": "as --accounts", "tag --account": "it would be the second one", "repair --account": "as tag", "reap --account": "as tag",
		"reap cancel --account": "the simulated cloud has but one", "reap undo --account": "as cancel",
		"permissions --app": "with --for it is refused: a policy is for one of them", "permissions --environment": "as --app", "permissions --declared": "as --app",
		"history trend --environment": "it needs --app", "history findings --environment": "as trend",
	}
	refused := 0
	for _, row := range rows {
		for _, command := range leaves() {
			if !slices.ContainsFunc(command.flags, func(f cli.Flag) bool { return f.Names()[0] == row.flag }) || free[command.name+" --"+row.flag] != "" {
				continue
			}
			line := usual[command.name]
			switch {
			case row.flag == "live":
				line = strings.ReplaceAll(line, "--live snapshot:account.json", "")
			case row.flag == "type" || row.flag == "region" || row.flag == "account":
				line = strings.ReplaceAll(line, "explain Web stack.yaml", "explain sg-1 --live snapshot:account.json")
			case row.flag == "for":
				line = "permissions"
			}
			args := append(words("%s", line), "--"+row.flag+"="+row.value)
			stdout, stderr, code := call(t, args...)
			assert.Equal(t, 2, code, "%v\n%s", args, stdout)
			assert.True(t, strings.Contains(stderr, row.flag) || strings.Contains(stderr, row.value[strings.LastIndexByte(row.value, ':')+1:]), "%v: %s", args, stderr)
			assert.Regexp(t, row.says, stderr, args)
			refused++
		}
	}
	t.Logf("%d wrong values refused", refused)
}

// TestPrecedence: flag, environment, configuration, default: the first that says something
// counts, for each kind of flag.
func TestPrecedence(t *testing.T) {
	enter(t, contractFiles)
	rows := []struct {
		why, line, name         string
		flag, env, config       string
		byFlag, byEnv, byConfig string
		byDefault               string
	}{
		{
			"one value", "check stack.yaml --format json --rule restricted-ssh", "fail-on", "critical", "low", "none",
			"exit 0", "exit 1", "exit 0", "exit 1",
		},
		{
			"a list is replaced, not added to; the rules come in order", "rules list --format json", "rule", "restricted-ssh", "restricted-rdp", "encrypted-volumes",
			`"rules": \[\s+\{\s+"id": "restricted-ssh"`, `"rules": \[\s+\{\s+"id": "restricted-rdp"`, `"rules": \[\s+\{\s+"id": "encrypted-volumes"`, "s3-bucket",
		},
		{
			"a switch that is turned off", "check stack.yaml --rules rules --rule no-places", "strict", "false", "true", "false",
			"exit 0", "exit 3", "exit 0", "exit 0",
		},
		{
			"a switch that is off in the environment", "check stack.yaml --rules rules --rule no-places", "strict", "true", "false", "true",
			"exit 3", "exit 0", "exit 3", "exit 0",
		},
		{
			"a duration", "check stack.yaml --rule restricted-ssh", "timeout", "1m", "1ns", "1m",
			"exit 1", "exit 2", "exit 1", "exit 1",
		},
		{
			"a number", "check stack.yaml --rule restricted-ssh", "concurrency", "2", "0", "2",
			"exit 1", "exit 2", "exit 1", "exit 1",
		},
		{
			"pairs", "check stack.yaml --rule restricted-ssh", "parameter", "Source=10.0.0.0/8", "Source=0.0.0.0/0", "Source=10.0.0.0/8",
			"exit 0", "exit 1", "exit 0", "exit 1",
		},
	}
	for _, row := range rows {
		t.Run(row.why, func(t *testing.T) {
			said := func(args ...string) string {
				stdout, _, code := call(t, args...)
				return fmt.Sprintf("exit %d\n%s", code, stdout)
			}
			line := words("%s", row.line)
			variable := envOf(row.name)[0]
			assert.Regexp(t, row.byDefault, said(line...), "default")
			require.NoError(t, os.WriteFile(configName, fmt.Appendf(nil, "%s: %s\n", camel(row.name), row.config), 0o600))
			assert.Regexp(t, row.byConfig, said(line...), "configuration")
			require.NoError(t, os.Setenv(variable, row.env))
			assert.Regexp(t, row.byEnv, said(line...), "environment")
			assert.Regexp(t, row.byFlag, said(append(line, "--"+row.name+"="+row.flag)...), "flag")
			require.NoError(t, os.Setenv(variable, ""))
			assert.Regexp(t, row.byConfig, said(line...), "a variable that is empty is not set")
			require.NoError(t, os.Unsetenv(variable))
			require.NoError(t, os.Remove(configName))
		})
	}
}

// TestConcurrencyChangesNothing: --concurrency of a check is about time only.
func TestConcurrencyChangesNothing(t *testing.T) {
	enter(t, contractFiles)
	want, _, _ := call(t, words("check stack.yaml clean.yaml apps --format json --now %s --concurrency 1", contractClock)...)
	for _, n := range []int{2, 64} {
		got, _, _ := call(t, words("check stack.yaml clean.yaml apps --format json --now %s --concurrency %d", contractClock, n)...)
		assert.Equal(t, want, got)
	}
}
