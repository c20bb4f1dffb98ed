//! What must hold of a release: of the objects that the tree's folder holds and those that the chart makes of its values.

use serde_json::Value;

use crate::pods;

fn named(object: &Value) -> String {
    format!("{}/{}", object["kind"].as_str().unwrap_or("?"), object["metadata"]["name"].as_str().unwrap_or("?"))
}

fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.get("matchLabels").unwrap_or(selector).as_object();
    wanted.is_none_or(|wanted| wanted.iter().all(|(key, value)| labels[key] == *value))
}

/// What is wrong with a release: `own` are the objects of the tree's folder, `rendered` those of the chart.
pub(crate) fn faults(values: &Value, own: &[Value], rendered: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for object in rendered {
        let kind = object["kind"].as_str().unwrap_or_default();
        if ["NetworkPolicy", "Secret", "PersistentVolumeClaim", "CronJob", "Job"].contains(&kind) {
            found.push(format!("the chart makes {}, which is gen's to make", named(object)));
        }
        if own.iter().any(|other| named(other) == named(object)) {
            found.push(format!("the chart makes {}, and so does the tree", named(object)));
        }
        if kind == "Service" && object["spec"]["type"].as_str().is_some_and(|kind| kind != "ClusterIP") {
            found.push(format!("{} is reachable from outside", named(object)));
        }
    }
    let all = || own.iter().chain(rendered);
    let of_kind = |kind: &'static str| all().filter(move |object| object["kind"] == kind);
    for (object, template) in all().filter_map(|object| Some((object, pods::template(object)?))) {
        let labels = &template["metadata"]["labels"];
        found.extend(pods::violations(template).iter().map(|why| format!("{}: {why}", named(object))));
        for container in pods::containers(template) {
            let image = container["image"].as_str().unwrap_or_default();
            if image.contains("docker.io/bitnami/") {
                found.push(format!("{}: {image} can no longer be pulled", named(object)));
            }
            let masters =
                container["env"].as_array().into_iter().flatten().filter(|env| env["name"] == "POSTGRES_MASTER_HOST");
            for host in masters.map(|env| &env["value"]) {
                if !of_kind("Service").any(|service| service["metadata"]["name"] == *host) {
                    found.push(format!("{}: there is no Service {host} to replicate from", named(object)));
                }
            }
            if container.pointer("/resources/limits/memory").is_none() {
                found.push(format!("{}: container {} has no limit of memory", named(object), container["name"]));
            }
        }
        if !of_kind("NetworkPolicy").any(|policy| selects(&policy["spec"]["podSelector"], labels)) {
            found.push(format!("no NetworkPolicy selects the pods of {}", named(object)));
        }
    }
    let pods: Vec<&Value> = all().filter_map(pods::template).map(|template| &template["metadata"]["labels"]).collect();
    for policy in
        of_kind("NetworkPolicy").filter(|policy| !pods.iter().any(|pod| selects(&policy["spec"]["podSelector"], pod)))
    {
        found.push(format!("{} selects no pod", named(policy)));
    }
    found.extend(faults_of_primary(values, own, rendered));
    found
}

fn faults_of_primary(values: &Value, own: &[Value], rendered: &[Value]) -> Vec<String> {
    let component = "app.kubernetes.io/component";
    let is_primary =
        |object: &&Value| object["kind"] == "StatefulSet" && object["metadata"]["labels"][component] == "primary";
    let Some(primary) = rendered.iter().find(is_primary) else { return vec!["the chart makes no primary".to_owned()] };
    let mut found = Vec::new();
    let volumes: Vec<&Value> =
        primary["spec"]["template"]["spec"]["volumes"].as_array().into_iter().flatten().collect();
    let claim = &values["primary"]["persistence"]["existingClaim"];
    let claims: Vec<&Value> =
        volumes.iter().filter_map(|volume| volume.pointer("/persistentVolumeClaim/claimName")).collect();
    if claims != [claim] || !primary["spec"]["volumeClaimTemplates"].is_null() {
        found.push(format!("the primary does not run on the claim {claim}, but on {claims:?}"));
    }
    let secret = &values["auth"]["existingSecret"];
    if !own.iter().any(|object| object["kind"] == "Secret" && object["metadata"]["name"] == *secret) {
        found.push(format!("there is no Secret {secret}"));
    }
    let labels = &primary["spec"]["template"]["metadata"]["labels"];
    let services: Vec<&Value> = own.iter().filter(|object| object["kind"] == "Service").collect();
    if !services.iter().any(|service| selects(&service["spec"]["selector"], labels)) {
        found.push("no Service of the tree leads to the primary".to_owned());
    }
    let container = &primary["spec"]["template"]["spec"]["containers"][0];
    for probe in ["livenessProbe", "readinessProbe"] {
        if container[probe].is_null() {
            found.push(format!("the primary has no {probe}"));
        }
    }
    found
}
