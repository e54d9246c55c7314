{{/* The namespaces that are served, each once and sorted; "" for the whole cluster. */}}
{{- define "partner-operator.served" -}}
{{- if eq .Values.scope "namespaced" -}}
{{- .Values.namespaces | default (list .Release.Namespace) | uniq | sortAlpha | join " " -}}
{{- end -}}
{{- end }}

{{/* The name of the Lease, as the operator makes it of what it serves. */}}
{{- define "partner-operator.lease" -}}
{{- $served := include "partner-operator.served" . -}}
{{- $name := printf "partner-operator.%s" ($served | replace " " ".") -}}
{{- if not $served -}}
partner-operator-all-namespaces
{{- else if eq $served .Release.Namespace -}}
partner-operator
{{- else if gt (len $name) 253 -}}
partner-operator.{{ sha256sum $name }}
{{- else -}}
{{ $name }}
{{- end -}}
{{- end }}

{{/*
The objects of a file that is a copy out of manifests/ or crds/, put into `namespace` (the release's without it). With
`own`, what belongs to no namespace is named for the release's: several releases have one each.
*/}}
{{- define "partner-operator.objects" -}}
{{- $root := .root -}}
{{- $namespace := .namespace | default $root.Release.Namespace -}}
{{- $own := .own -}}
{{- $annotations := .annotations -}}
{{- $labels := .labels | default dict -}}
{{- range splitList "\n---\n" ($root.Files.Get .file) }}
{{- $object := fromYaml . }}
{{- if hasKey $object.metadata "namespace" }}
{{- $_ := set $object.metadata "namespace" $namespace }}
{{- else if $own }}
{{- $name := printf "%s-%s" $object.metadata.name $root.Release.Namespace }}
{{- $_ := set $object.metadata "name" $name }}
{{- if hasKey $object "roleRef" }}{{ $_ := set $object.roleRef "name" $name }}{{ end }}
{{- end }}
{{- range $object.subjects }}
{{- if hasKey . "namespace" }}{{ $_ := set . "namespace" $root.Release.Namespace }}{{ end }}
{{- end }}
{{- if eq $object.metadata.name "partner-operator-lease" }}
{{- range $object.rules }}
{{- if hasKey . "resourceNames" }}
{{- $_ := set . "resourceNames" (list (include "partner-operator.lease" $root)) }}
{{- end }}
{{- end }}
{{- end }}
{{- $_ := set $object.metadata "labels" (merge (dict) ($object.metadata.labels | default dict) $labels) }}
{{- if $annotations }}
{{- $_ := set $object.metadata "annotations" (merge (dict) $annotations ($object.metadata.annotations | default dict)) }}
{{- end }}
---
{{ toYaml $object }}
{{- end }}
{{- end }}

{{/* What no schema can say, and what another installation makes impossible: a sentence. */}}
{{- define "partner-operator.refuse" -}}
{{- if and (eq .Values.scope "cluster") .Values.namespaces -}}
{{- fail "scope: cluster serves all namespaces, and namespaces names some. Set scope=namespaced, or leave namespaces empty." -}}
{{- end -}}
{{- if and (eq .Values.scope "cluster") .Values.rbac.leavingNamespaces -}}
{{- fail "rbac.leavingNamespaces is for scope: namespaced. With scope: cluster the operator has these rights already." -}}
{{- end -}}
{{- if and .Values.caBundle .Values.caBundleConfigMap -}}
{{- fail "caBundle and caBundleConfigMap both name certificate authorities. Set one of them." -}}
{{- end -}}
{{- with lookup "apps/v1" "Deployment" .Release.Namespace "partner-operator" -}}
{{- $release := index (.metadata.annotations | default dict) "meta.helm.sh/release-name" | default $.Release.Name -}}
{{- if ne $release $.Release.Name -}}
{{- fail (printf "Namespace %s has a partner-operator already: release %s. Upgrade that one, or take another namespace, and other namespaces to serve." $.Release.Namespace $release) -}}
{{- end -}}
{{- end -}}
{{- range (lookup "rbac.authorization.k8s.io/v1" "ClusterRoleBinding" "" "").items -}}
{{- $labels := .metadata.labels | default dict -}}
{{- $theirs := (first (.subjects | default (list dict))).namespace | default "" -}}
{{- $owner := index (.metadata.annotations | default dict) "meta.helm.sh/release-namespace" | default $theirs -}}
{{- if and (eq (index $labels "app.kubernetes.io/name" | default "") "partner-operator") (ne $owner $.Release.Namespace) -}}
{{- if eq .metadata.name "partner-operator" -}}
{{- fail (printf "A partner-operator in namespace %s serves the whole cluster. A second operator would change the same servers. Uninstall that one first, or set its scope to namespaced." $owner) -}}
{{- else if and (eq $.Values.scope "cluster") (hasPrefix "partner-operator-crds" .metadata.name) -}}
{{- fail (printf "ClusterRoleBinding %s belongs to a partner-operator of single namespaces%s. One for the whole cluster would change the same servers. Uninstall that one first, or set scope=namespaced." .metadata.name (ternary (printf " in namespace %s" $owner) "" (ne $owner ""))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
