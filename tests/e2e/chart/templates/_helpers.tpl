{{- define "fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if contains "postgresql" .Release.Name }}{{ .Release.Name }}
{{- else }}{{ .Release.Name }}-postgresql{{ end }}
{{- end }}

{{- define "primary" -}}
{{ include "fullname" . }}{{ if eq .Values.architecture "replication" }}-{{ .Values.primary.name }}{{ end }}
{{- end }}

{{- define "secret" -}}
{{ tpl .Values.auth.existingSecret . | default (include "fullname" .) }}
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: postgresql
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: postgresql-{{ .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Like the real chart: only Docker Hub is trusted unless the values say otherwise. */}}
{{- define "image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .image.registry }}
{{- if and (ne $registry "docker.io") (not .root.Values.global.security.allowInsecureImages) }}
{{- fail (printf "image %s/%s is not trusted: set global.security.allowInsecureImages" $registry .image.repository) }}
{{- end }}
{{- if .image.digest }}{{ $registry }}/{{ .image.repository }}@{{ .image.digest }}
{{- else }}{{ $registry }}/{{ .image.repository }}:{{ .image.tag }}{{ end }}
{{- end }}

{{- define "context" -}}
{{- if .enabled -}}
securityContext: {{- omit . "enabled" | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- define "pool" -}}
{{- $root := .root }}{{ $pods := .pods }}{{ $values := .root.Values }}
{{- $secret := include "secret" $root }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "labels" . | nindent 4 }}
  {{- with $pods.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ .name }}-hl
  selector:
    matchLabels: {{- include "selector" . | nindent 6 }}
  {{- with $pods.persistentVolumeClaimRetentionPolicy }}
  {{- if and .enabled (not $pods.persistence.existingClaim) }}
  persistentVolumeClaimRetentionPolicy: {whenScaled: {{ .whenScaled }}, whenDeleted: {{ .whenDeleted }}}
  {{- end }}
  {{- end }}
  template:
    metadata:
      labels: {{- include "labels" . | nindent 8 }}
        {{- with $pods.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $pods.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $values.serviceAccount.name | default (include "fullname" $root) }}
      automountServiceAccountToken: {{ $pods.automountServiceAccountToken }}
      {{- with $values.global.imagePullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ if kindIs "string" . }}{{ . }}{{ else }}{{ .name }}{{ end }}
        {{- end }}
      {{- end }}
      {{- range $key := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "terminationGracePeriodSeconds" }}
      {{- with get $pods $key }}
      {{ $key }}: {{ toJson . }}
      {{- end }}
      {{- end }}
      {{- include "context" $pods.podSecurityContext | nindent 6 }}
      {{- if $values.tls.enabled }}
      initContainers:
        - name: copy-certs
          image: {{ include "image" (dict "root" $root "image" $values.volumePermissions.image) }}
          {{- include "context" $pods.containerSecurityContext | nindent 10 }}
          resources: {{- toYaml $pods.resources | nindent 12 }}
          command: [/bin/sh, -ec, "cp /tmp/certs/* /opt/bitnami/postgresql/certs/"]
          volumeMounts:
            - {name: raw-certificates, mountPath: /tmp/certs}
            - {name: certificates, mountPath: /opt/bitnami/postgresql/certs}
      {{- end }}
      containers:
        - name: postgresql
          image: {{ include "image" (dict "root" $root "image" $values.image) }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          {{- include "context" $pods.containerSecurityContext | nindent 10 }}
          resources: {{- toYaml $pods.resources | nindent 12 }}
          env:
            - {name: POSTGRES_USER, value: {{ $values.auth.username | quote }}}
            - {name: POSTGRES_DATABASE, value: {{ $values.auth.database | quote }}}
            - {name: POSTGRES_PASSWORD_FILE, value: {{ printf "/opt/bitnami/postgresql/secrets/%s" $values.auth.secretKeys.userPasswordKey | quote }}}
            {{- if eq .component "read" }}
            - {name: POSTGRES_MASTER_HOST, value: {{ include "primary" $root | quote }}}
            {{- end }}
            - {name: POSTGRESQL_ENABLE_TLS, value: {{ ternary "yes" "no" $values.tls.enabled | quote }}}
          ports: [{name: tcp-postgresql, containerPort: {{ $values.containerPorts.postgresql }}}]
          {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
          {{- $settings := get $pods $probe }}
          {{- if $settings.enabled }}
          {{ $probe }}:
            {{- omit $settings "enabled" | toYaml | nindent 12 }}
            exec: {command: [/bin/sh, -c, exec pg_isready -h 127.0.0.1]}
          {{- end }}
          {{- end }}
          volumeMounts:
            - {name: data, mountPath: /bitnami/postgresql}
            - {name: secrets, mountPath: /opt/bitnami/postgresql/secrets}
            - {name: scratch, mountPath: /tmp}
            {{- if $values.tls.enabled }}
            - {name: certificates, mountPath: /opt/bitnami/postgresql/certs, readOnly: true}
            {{- end }}
        {{- if $values.metrics.enabled }}
        - name: metrics
          image: {{ include "image" (dict "root" $root "image" $values.metrics.image) }}
          {{- include "context" $values.metrics.containerSecurityContext | nindent 10 }}
          resources: {{- toYaml $values.metrics.resources | nindent 12 }}
          env: [{name: DATA_SOURCE_PASS_FILE, value: {{ printf "/opt/bitnami/postgresql/secrets/%s" $values.auth.secretKeys.adminPasswordKey | quote }}}]
          ports: [{name: http-metrics, containerPort: {{ $values.metrics.containerPorts.metrics }}}]
          volumeMounts: [{name: secrets, mountPath: /opt/bitnami/postgresql/secrets}]
        {{- end }}
      volumes:
        - {name: scratch, emptyDir: {}}
        - {name: secrets, secret: {secretName: {{ $secret }}}}
        {{- if $values.tls.enabled }}
        - {name: certificates, emptyDir: {}}
        - {name: raw-certificates, secret: {secretName: {{ required "tls.certificatesSecret" (tpl $values.tls.certificatesSecret $root) }}}}
        {{- end }}
        {{- if not $pods.persistence.enabled }}
        - {name: data, emptyDir: {}}
        {{- else if $pods.persistence.existingClaim }}
        - {name: data, persistentVolumeClaim: {claimName: {{ tpl $pods.persistence.existingClaim $root }}}}
        {{- end }}
  {{- if and $pods.persistence.enabled (not $pods.persistence.existingClaim) }}
  volumeClaimTemplates:
    - metadata:
        name: data
        {{- with $pods.persistence.labels }}
        labels: {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with $pods.persistence.annotations }}
        annotations: {{- toYaml . | nindent 10 }}
        {{- end }}
      spec:
        accessModes: {{- toYaml $pods.persistence.accessModes | nindent 10 }}
        {{- with $pods.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ $pods.persistence.size }}}}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}-hl
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "selector" . | nindent 4 }}
  ports: [{name: tcp-postgresql, port: {{ $pods.service.ports.postgresql }}, targetPort: tcp-postgresql}]
{{- if $pods.service.enabled }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  type: {{ $pods.service.type }}
  selector: {{- include "selector" . | nindent 4 }}
  ports: [{name: tcp-postgresql, port: {{ $pods.service.ports.postgresql }}, targetPort: tcp-postgresql}]
{{- end }}
{{- if $pods.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress: [{ports: [{port: {{ $values.containerPorts.postgresql }}}]}]
  egress: [{}]
{{- end }}
{{- if $pods.pdb.create }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  {{- with $pods.pdb.minAvailable }}
  minAvailable: {{ . }}
  {{- end }}
  {{- if or $pods.pdb.maxUnavailable (not $pods.pdb.minAvailable) }}
  maxUnavailable: {{ $pods.pdb.maxUnavailable | default 1 }}
  {{- end }}
  selector:
    matchLabels: {{- include "selector" . | nindent 6 }}
{{- end }}
{{- end }}
