import FleetHTTP
import FleetModel
import HTTPTypes
import Hummingbird

/// Deployments: the list, a new one with its plan before it begins, and one that is under way.
struct DeploymentPages: Sendable {
    private static let listed = 50

    let pages: PageRoutes
    let deployments: DeploymentRoutes

    func add(to routes: inout Routes) {
        routes.on(PageEndpoint.deployments, needs: .status) { request, context in
            let position = pages.position
            let all = try await deployments.deployer.read { try $0.deployments(limit: Self.listed) }.map(\.status)
            let viewer = pages.viewer(request)
            let now = pages.state.time.wall
            return pages.pages.page(
                "deployments", title: DeploymentValues.title(all),
                values: [
                    "may_deploy": viewer.mayDeploy, "has_rows": !all.isEmpty,
                    "rows": all.map { DeploymentValues.row($0, now: now) },
                ], viewer: viewer, scope: "deployments", position: position)
        }
        routes.on(PageEndpoint.deployment, needs: .status) { request, context in
            try await page(context.names[0], request, context, message: nil)
        }
        routes.on(PageEndpoint.output, needs: .read) { request, context in
            let (id, client) = (context.names[0], context.names[1])
            let position = pages.position
            guard let state = try await status(id).clientStatuses.first(where: { $0.clientName == client })?.status
            else {
                throw APIError.notFound("the deployment '\(id)' is not for a client '\(client)'")
            }
            let text = try await deployments.deployer.output(of: client, in: id)
            return pages.pages.page(
                "output", title: "\(client) in \(id)",
                values: [
                    "id": id, "name": client, "log": text ?? "", "status": DeploymentValues.words(state.rawValue),
                    "role": DeploymentValues.role(state),
                ], viewer: pages.viewer(request), scope: "deployments:\(id)", position: position)
        }
        routes.on(PageEndpoint.newDeployment, needs: .deploy) { request, context in
            await formPage(DeploymentForm(), request, context, message: nil)
        }
        routes.on(PageEndpoint.deploy, needs: .deploy) { request, context in try await deploy(request, context) }
        routes.on(PageEndpoint.confirmDeployment, needs: .deploy) { request, context in
            try await confirm(request, context)
        }
        routes.on(PageEndpoint.actDeployment, needs: .deploy) { request, context in try await act(request, context) }
    }

    private func status(_ id: String) async throws -> DeploymentStatus {
        guard let deployment = try await deployments.deployer.read({ try $0.deployment(id) }) else {
            throw APIError.notFound("there is no deployment '\(id)'")
        }
        return deployment.status
    }

    private func page(
        _ id: String, _ request: Request, _ context: FleetContext, message: ActionResult?
    ) async throws -> Response {
        let position = pages.position
        let status = try await status(id)
        let viewer = pages.viewer(request)
        var values = DeploymentValues.detail(status, viewer: viewer, now: pages.state.time.wall)
        if let message {
            values["message"] = message.message
            values["failed"] = !message.success
        }
        return pages.pages.page(
            "deployment", title: DeploymentValues.title(status), values: values, viewer: viewer,
            scope: "deployments:\(id)", position: position)
    }

    // MARK: - A new one

    private func formPage(
        _ form: DeploymentForm, _ request: Request, _ context: FleetContext, message: String?
    ) async -> Response {
        // Only their names are needed, not their checksums.
        let releases = await deployments.catalog.list(runningOn: [:], patience: 2)
        var values = form.values
        values["releases"] = releases.map { ["version": $0.version] }
        if let message { values["message"] = message }
        return pages.pages.page(
            "deploy", title: "New deployment", values: values, viewer: pages.viewer(request),
            status: message == nil ? .ok : .badRequest)
    }

    /// First the plan, which stores nothing; the plan's own form begins it.
    private func deploy(_ request: Request, _ context: FleetContext) async throws -> Response {
        let fields = try await pages.form(request)
        let form = DeploymentForm(fields)
        do {
            var wish = try form.request()
            wish.dryRun = fields["step"] != "begin"
            let status = try await deployments.deploy(wish, context)
            if let id = status.id { return PageRoutes.redirect(to: PageEndpoint.deployment.path(id), cookie: nil) }
            let viewer = pages.viewer(request)
            var values = DeploymentValues.detail(status, viewer: viewer, now: pages.state.time.wall)
            values["has_confirm"] = status.refusals?.isEmpty ?? true
            values["verb"] = "Deploy \(status.version) to \(status.targetClients.count) clients"
            values["fields"] = form.fields.map { ["key": $0.0, "value": $0.1] }
            return pages.pages.page("deployment", title: "Plan for \(status.version)", values: values, viewer: viewer)
        } catch let error as APIError {
            return await formPage(form, request, context, message: error.detail)
        }
    }

    // MARK: - One that is there

    private func confirm(_ request: Request, _ context: FleetContext) async throws -> Response {
        let id = context.names[0]
        let action = FormText.fields(request.uri.query ?? "").first { $0.0 == "action" }?.1 ?? ""
        guard let verb = DeploymentValues.verbs[action] else {
            throw APIError.badRequest("there is no action '\(action.cut(toBytes: 20))'")
        }
        let status = try await status(id)
        let question = "\(verb) the deployment \(id) of release '\(status.version)'?"
        var values: [String: Any] = [
            "question": question, "target": PageEndpoint.actDeployment.path(id), "verb": "\(verb) deployment",
            "action": action, "back": PageEndpoint.deployment.path(id),
        ]
        if action == "cancel", status.autoRollback {
            values["detail"] = "Clients that were changed already go back to what they had before."
        }
        if action == "retry" { values["detail"] = "A new deployment of the clients that are not healthy begins." }
        return pages.pages.page(
            "confirm", title: question, values: values, viewer: pages.viewer(request))
    }

    private func act(_ request: Request, _ context: FleetContext) async throws -> Response {
        let id = context.names[0]
        let action = try await pages.form(request)["action"] ?? ""
        let message: ActionResult
        do {
            if action == "retry" {
                let status = try await deployments.retry(id, context)
                return PageRoutes.redirect(to: PageEndpoint.deployment.path(status.id ?? id), cookie: nil)
            }
            guard let action = DeploymentAction(rawValue: action) else {
                throw APIError.badRequest("there is no action '\(action.cut(toBytes: 20))'")
            }
            message = try await deployments.act(action, on: id, context)
        } catch let error as APIError where error.status == .conflict || error.status == .badGateway {
            message = ActionResult(success: false, message: error.detail)
        }
        return try await page(id, request, context, message: message)
    }
}
