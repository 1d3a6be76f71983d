package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateRoles = flag.Bool("update-roles", false, "write the role templates of deploy/ anew")

// maxManagedPolicy is the size that IAM takes as one managed policy, white space not counted
// (IAM User Guide, "IAM and AWS STS quotas"), with some room for the document around.
const maxManagedPolicy = 6144 - 200

// A role is one of deploy/: what it is for, and the policies that it needs.
type role struct {
	Name, Title string
	Policies    [][]policyStatement
}

// Number counts policies as people do.
func (r role) Number(i int) int { return i + 1 }

// roleOf splits the policy of a command into managed policies that IAM takes.
func roleOf(t *testing.T, name, title, purpose string) role {
	stdout, stderr, code := call(t, "permissions", "--for", purpose)
	require.Zero(t, code, stderr)
	var document policyDocument
	require.NoError(t, json.Unmarshal([]byte(stdout), &document))
	r := role{Name: name, Title: title}
	size := maxManagedPolicy + 1
	for _, s := range document.Statement {
		text, err := json.Marshal(s)
		require.NoError(t, err)
		if size+len(text) > maxManagedPolicy {
			r.Policies, size = append(r.Policies, nil), 0
		}
		last := len(r.Policies) - 1
		r.Policies[last] = append(r.Policies[last], s)
		size += len(text) + 1
	}
	require.LessOrEqual(t, len(r.Policies), 10, "a role takes ten policies")
	return r
}

const rolesCloudFormation = `# Two roles for pcf-scan: one that reads, one that also tags and deletes. Deploy the second only
# where "reap --apply" is to run. Each may be assumed by one principal only.
# The policies are what "pcf-scan permissions --for scan" and "--for reap" print, in parts that IAM
# takes; a test of the project keeps them equal.
AWSTemplateFormatVersion: "2010-09-09"
Description: Roles for pcf-scan

Parameters:
  TrustedRole:
    Type: String
    Description: ARN of the role that may assume them, such as that of the nightly job
    AllowedPattern: "^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$"
  WithReaper:
    Type: String
    Default: "false"
    AllowedValues: ["true", "false"]
    Description: Whether the role that deletes is made as well

Conditions:
  MakeReaper: !Equals [!Ref WithReaper, "true"]

Resources:
{{- range $role := .}}
  {{.Name}}:
    Type: AWS::IAM::Role
{{- if eq .Name "Reaper"}}
    Condition: MakeReaper
{{- end}}
    Properties:
      Description: {{.Title}}
      MaxSessionDuration: 7200
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !Ref TrustedRole}
            Action: sts:AssumeRole
      ManagedPolicyArns:
{{- range $i, $policy := .Policies}}
        - !Ref {{$role.Name}}Policy{{$role.Number $i}}
{{- end}}
{{- range $i, $policy := .Policies}}
  {{$role.Name}}Policy{{$role.Number $i}}:
    Type: AWS::IAM::ManagedPolicy
{{- if eq $role.Name "Reaper"}}
    Condition: MakeReaper
{{- end}}
    Properties:
      Description: {{$role.Title}}, part {{$role.Number $i}}
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
{{- range .}}
          - Sid: {{.Sid}}
            Effect: Allow
            Action:
{{- range .Action}}
              - {{.}}
{{- end}}
            Resource: "*"
{{- end}}
{{- end}}
{{- end}}

Outputs:
  ReaderArn:
    Description: Give it to --account ID=ROLE_ARN
    Value: !GetAtt Reader.Arn
  ReaperArn:
    Condition: MakeReaper
    Description: Assume it where reap --apply runs
    Value: !GetAtt Reaper.Arn
`

const rolesTerraform = `# Two roles for pcf-scan: one that reads, one that also tags and deletes. Make the second only
# where "reap --apply" is to run. Each may be assumed by one principal only.
# The policies are what "pcf-scan permissions --for scan" and "--for reap" print, in parts that IAM
# takes; a test of the project keeps them equal.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "trusted_role" {
  type        = string
  description = "ARN of the role that may assume them, such as that of the nightly job"
}

variable "with_reaper" {
  type        = bool
  default     = false
  description = "Whether the role that deletes is made as well"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [var.trusted_role]
    }
  }
}
{{range $role := .}}{{$id := lower .Name}}
resource "aws_iam_role" "{{$id}}" {
{{- if eq .Name "Reaper"}}
  count                = var.with_reaper ? 1 : 0
{{- end}}
  name_prefix          = "pcf-scan-{{$id}}-"
  description          = "{{.Title}}"
  max_session_duration = 7200
  assume_role_policy   = data.aws_iam_policy_document.trust.json
}
{{range $i, $policy := .Policies}}
resource "aws_iam_policy" "{{$id}}_{{$role.Number $i}}" {
{{- if eq $role.Name "Reaper"}}
  count       = var.with_reaper ? 1 : 0
{{- end}}
  name_prefix = "pcf-scan-{{$id}}-{{$role.Number $i}}-"
  description = "{{$role.Title}}, part {{$role.Number $i}}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
{{- range .}}
      {
        Sid    = "{{.Sid}}"
        Effect = "Allow"
        Action = [
{{- range .Action}}
          "{{.}}",
{{- end}}
        ]
        Resource = "*"
      },
{{- end}}
    ]
  })
}

resource "aws_iam_role_policy_attachment" "{{$id}}_{{$role.Number $i}}" {
{{- if eq $role.Name "Reaper"}}
  count      = var.with_reaper ? 1 : 0
{{- end}}
  role       = aws_iam_role.{{$id}}{{if eq $role.Name "Reaper"}}[0]{{end}}.name
  policy_arn = aws_iam_policy.{{$id}}_{{$role.Number $i}}{{if eq $role.Name "Reaper"}}[0]{{end}}.arn
}
{{end}}{{end}}
output "reader_arn" {
  description = "Give it to --account ID=ROLE_ARN"
  value       = aws_iam_role.reader.arn
}
`

// TestRoles: the roles of deploy/ allow what the program calls and nothing else, in CloudFormation
// and in Terraform alike, and the program has nothing to say against them.
func TestRoles(t *testing.T) {
	base, err := filepath.Abs(root)
	require.NoError(t, err)
	enter(t, nil)
	roles := []role{roleOf(t, "Reader", "Reads for pcf-scan", "scan"), roleOf(t, "Reaper", "Reads, tags and deletes for pcf-scan", "reap")}
	for name, text := range map[string]string{"roles.cloudformation.yaml": rolesCloudFormation, "roles.tf": rolesTerraform} {
		file := filepath.Join(base, "deploy", name)
		var b strings.Builder
		require.NoError(t, template.Must(template.New(name).Funcs(template.FuncMap{"lower": strings.ToLower}).Parse(text)).Execute(&b, roles))
		if *updateRoles {
			require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
		}
		there, err := os.ReadFile(file)
		require.NoError(t, err)
		if b.String() != string(there) {
			assert.Fail(t, "the permissions have changed", "write deploy/%s anew: go test ./cmd/pcf-scan -run TestRoles -update-roles", name)
		}
	}
	stdout, stderr, code := call(t, "check", filepath.Join(base, "deploy/roles.cloudformation.yaml"), "--parameter", "TrustedRole=arn:aws:iam::111122223333:role/nightly", "--parameter", "WithReaper=true", "--strict")
	assert.Zero(t, code, "%s%s", stdout, stderr)
	// Where the tools of others are there, they have a say as well.
	for _, tool := range [][]string{
		{"cfn-lint", "--regions", "eu-west-1", "--template", filepath.Join(base, "deploy/roles.cloudformation.yaml")},
		{"terraform", "fmt", "-check", "-diff", filepath.Join(base, "deploy/roles.tf")},
	} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			t.Logf("%s is not there: its opinion is not known", tool[0])
			continue
		}
		out, err := exec.CommandContext(t.Context(), tool[0], tool[1:]...).CombinedOutput()
		assert.NoError(t, err, fmt.Sprintf("%v\n%s", tool, out))
	}
}
