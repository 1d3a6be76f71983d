package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// strict decodes a YAML document and refuses a key that the form does not have.
func strict(t *testing.T, node *yaml.Node, form any) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, yaml.NewEncoder(&b).Encode(node))
	d := yaml.NewDecoder(&b)
	d.KnownFields(true)
	require.NoError(t, d.Decode(form))
}

// The parts of the Kubernetes API (batch/v1 and v1, 1.31) that deploy/ uses, by their names there: a
// misspelt key is dropped in silence by an API server that is older than the check of it.
type (
	kubernetesObject struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
		Metadata   struct {
			Name        string
			Annotations map[string]string
		}
		Spec yaml.Node
	}
	kubernetesClaim struct {
		AccessModes []string `yaml:"accessModes"`
		Resources   struct{ Requests map[string]string }
	}
	kubernetesCronJob struct {
		Schedule          string
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				BackoffLimit          int `yaml:"backoffLimit"`
				ActiveDeadlineSeconds int `yaml:"activeDeadlineSeconds"`
				PodFailurePolicy      struct {
					Rules []struct {
						Action      string
						OnExitCodes struct {
							ContainerName string `yaml:"containerName"`
							Operator      string
							Values        []int
						} `yaml:"onExitCodes"`
					}
				} `yaml:"podFailurePolicy"`
				Template struct{ Spec kubernetesPod }
			}
		} `yaml:"jobTemplate"`
	}
	kubernetesPod struct {
		ServiceAccountName string `yaml:"serviceAccountName"`
		RestartPolicy      string `yaml:"restartPolicy"`
		SecurityContext    struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			FSGroup        int                   `yaml:"fsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []struct {
			Name, Image     string
			Args            []string
			SecurityContext struct {
				AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
				ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
				Capabilities             struct{ Drop []string }
			} `yaml:"securityContext"`
			Resources    struct{ Requests, Limits map[string]string }
			VolumeMounts []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
				ReadOnly  bool   `yaml:"readOnly"`
			} `yaml:"volumeMounts"`
		}
		Volumes []struct {
			Name                  string
			ConfigMap             struct{ Name string } `yaml:"configMap"`
			PersistentVolumeClaim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
			EmptyDir map[string]string `yaml:"emptyDir"`
		}
	}
)

func TestDeployKubernetes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/kubernetes-cronjob.yaml"))
	require.NoError(t, err)
	objects := map[string]kubernetesObject{}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var node yaml.Node
		err := d.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var o kubernetesObject
		strict(t, &node, &o)
		objects[o.APIVersion+"/"+o.Kind+"/"+o.Metadata.Name] = o
	}
	require.Len(t, objects, 3)
	require.Contains(t, objects, "v1/ServiceAccount/pcf-scan")
	var claim kubernetesClaim
	o := objects["v1/PersistentVolumeClaim/pcf-scan"]
	strict(t, &o.Spec, &claim)
	assert.Equal(t, []string{"ReadWriteOnce"}, claim.AccessModes, "one writer: the history is a file")
	var job kubernetesCronJob
	o = objects["batch/v1/CronJob/pcf-scan"]
	strict(t, &o.Spec, &job)
	assert.Regexp(t, `^[0-9*/,-]+( [0-9*/,-]+){4}$`, job.Schedule)
	assert.Equal(t, "Forbid", job.ConcurrencyPolicy)
	spec := job.JobTemplate.Spec
	assert.Equal(t, "Never", spec.Template.Spec.RestartPolicy, "a failure policy asks for it")
	assert.Equal(t, "pcf-scan", spec.Template.Spec.ServiceAccountName)
	assert.True(t, spec.Template.Spec.SecurityContext.RunAsNonRoot)
	require.Len(t, spec.Template.Spec.Containers, 1)
	c := spec.Template.Spec.Containers[0]
	assert.Equal(t, c.Name, spec.PodFailurePolicy.Rules[0].OnExitCodes.ContainerName)
	assert.Equal(t, []int{1, 2, 3}, spec.PodFailurePolicy.Rules[0].OnExitCodes.Values)
	assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
	assert.NoError(t, parses(c.Args))
	volumes := map[string]bool{}
	for _, v := range spec.Template.Spec.Volumes {
		volumes[v.Name] = true
	}
	writable := []string{}
	for _, m := range c.VolumeMounts {
		assert.True(t, volumes[m.Name], m.Name)
		if !m.ReadOnly {
			writable = append(writable, m.MountPath+"/")
		}
	}
	for _, a := range c.Args {
		if m := regexp.MustCompile(`^--(?:history|output)=(?:[a-z]+=)?(/.*)$`).FindStringSubmatch(a); m != nil {
			assert.Contains(t, writable, filepath.Dir(m[1])+"/", a)
		}
	}
}

func TestDeployGitHub(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "deploy/github-nightly.yml"))
	require.NoError(t, err)
	var w struct {
		Name string
		On   struct {
			Schedule         []struct{ Cron string }
			WorkflowDispatch map[string]string `yaml:"workflow_dispatch"`
		}
		Permissions map[string]string
		Concurrency string
		Jobs        map[string]struct {
			RunsOn  string `yaml:"runs-on"`
			Timeout int    `yaml:"timeout-minutes"`
			Steps   []struct {
				Name, Uses, Run, If string
				With, Env           map[string]string
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&w))
	assert.Equal(t, map[string]string{"contents": "read", "id-token": "write"}, w.Permissions)
	scans := 0
	for _, step := range w.Jobs["scan"].Steps {
		assert.True(t, (step.Uses == "") != (step.Run == ""), "a step uses or runs")
		if step.Uses != "" {
			assert.Regexp(t, `^[\w-]+/[\w-]+@v\d+$`, step.Uses)
		}
		assert.NotContains(t, step.Run, "${{", "what GitHub puts into a script is run by the shell: pass it as a variable")
		if _, args, ok := strings.Cut(step.Run, `"$IMAGE" `); ok {
			scans++
			assert.NoError(t, parses(strings.Fields(args)))
		}
	}
	assert.Equal(t, 1, scans)
}

func TestDeployTimetables(t *testing.T) {
	d := &docs{t: t, counts: map[string]int{}}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, "deploy", name))
		require.NoError(t, err)
		return string(text)
	}
	// A file of /etc/cron.d names the user between the times and the command.
	var table strings.Builder
	for line := range strings.Lines(read("pcf-scan.cron")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			table.WriteString(strings.Replace(line, " pcf-scan  ", " ", 1) + "\n")
		}
	}
	d.crontab("deploy/pcf-scan.cron", table.String())
	assert.Equal(t, 2, d.counts["timetables"])

	dir := t.TempDir()
	for _, name := range []string{"pcf-scan.service", "pcf-scan.timer"} {
		text := read(name)
		d.unit("deploy/"+name, text)
		text = strings.ReplaceAll(text, "/usr/bin/pcf-scan ", os.Args[0]+" ") // which is there
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("systemd-analyze is not there: its opinion is not known")
		return
	}
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", filepath.Join(dir, "pcf-scan.service"), filepath.Join(dir, "pcf-scan.timer")).CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.Empty(t, string(out))
}
