extension ConfigurationReference {
    static let introduction = """
        # Configuration

        <!-- Made by `master-control config-reference`. Change the tables in Sources/Shared/FleetConfig, not this page. -->

        `master-control validate` checks all of this and prints every error as `file:line:column: message`.

        - Every key that is not listed here is an error. A key without a value counts as not set.
        - Texts may be written with or without quotes; `version: 1.30` is the text "1.30". Truth values are `true` and \
        `false`, and where one is expected also `yes`, `no`, `on` and `off`.
        - Relative paths start at the working directory of the daemon.
        - Aliases (`*name`) are read, merge keys (`<<`) are not. A file has at most \(ConfigFile.limit >> 20) MiB and is UTF-8.
        - A file with an error is not used at all. An error between workloads, such as a name that is used twice or a \
        dependency that is missing, keeps out the workloads concerned and those that depend on them. At `up` the rest \
        runs; at `reload` one error means that nothing changes.

        ## Templates

        A file with `{{` in it is filled in before it is read as YAML:

        - `{{ env.NAME }}` is a variable of the daemon's environment.
        - `{{ name }}` is defined under `vars:` in the file itself, otherwise in `vars.yaml` in the root of the \
        configuration directory.
        - `{{ '{{' }}` stands for two braces as they are.

        A name that is not defined is an error; comment lines are left alone. Values are texts, numbers or truth values \
        without line breaks. The `vars:` of a file begin at the first column; templates among them see the environment \
        and `vars.yaml`, not one another. Templates in `vars.yaml` see the environment.

        ```yaml
        vars:
          host: sensors.example
        name: collector
        command: [collect, --from, "{{ host }}", --home, "{{ env.HOME }}"]
        ```

        """

    static let workloadExample = """
        workloads:
          - name: collector
            type: agent
            run_mode: forever
            module: agents.collector
            params: {interval: 5}
            memory_limit_mb: 256
            tags: [sensors]

          - name: nightly-report
            type: script
            run_mode: schedule
            schedule: "30 2 * * mon-fri"
            timezone: Europe/Berlin
            command: [report, --all]
            timeout: 600

          - name: import-once
            run_mode: n_times
            max_runs: 1
            command: [import, data.csv]
            cpu_nice: 15

        """

    static let probeExample = """
        workloads:
          - name: database
            command: [database-server]
            ready:
              tcp: 127.0.0.1:5432
              timeout: 30

          - name: api
            command: [api-server]
            depends_on: [database]
            ready: {http: "http://127.0.0.1:8000/health"}

        """

    static let limitsExample = """
        workloads:
          - name: camera
            command: [camera-server]
            user: camera
            group: video
            umask: "027"
            env_file: /etc/camera.env
            inherit_env: [HTTPS_PROXY]
            limits: {open_files: 4096, processes: 64, core_mb: 0, file_mb: 500}

        """

    static let fleetExample = """
        fleet:
          enabled: true
          client_name: sensor-node-1
          api_port: 9100
          central_api_url: http://control-host:8080
          heartbeat_interval_seconds: 30.0
          api_token: your-secret-token

        """

    static let centralExample = """
        central:
          enabled: true
          host: 0.0.0.0
          port: 8080
          db_path: ./fleet.db
          inventory_path: ./inventory.yaml
          api_token: your-secret-token
          stale_threshold_seconds: 90.0
          deploy_script_path: ./scripts/deploy-clients.sh

        """

    static let tokenExample = """
        central:
          enabled: true
          api_token: your-secret-token
          tokens:
            - {name: on-call, token: token-of-the-people-on-call, scopes: [operate]}
            - {name: sensor-node-1, token: token-of-that-client, scopes: [heartbeat], client: sensor-node-1}

        """

    static let inventoryExample = """
        defaults:
          ssh_user: pi
          install_dir: /opt/master-control
        clients:
          - name: sensor-node-1
            host: 192.168.1.21
            tags: [greenhouse]
          - name: sensor-node-2
            host: 192.168.1.22
            ssh_port: 2222

        """

    static let consoleExample = """
        theme: solarized
        mouse: true
        columns: [cpu, mem, version]
        thresholds:
          disk: {warn: 80, bad: 95}
        keys:
          page_down: [PgDn, Ctrl-F]
          restart: r

        """

    static let contextExample = """
        contexts:
          - name: test
            central: http://control-test:8080
          - name: PROD
            central: http://control-host:8080
            token_file: /home/pi/.config/mc-console/token
            danger: true

        """

    static let themeExample = """
        extends: dark
        palette:
          amber: "#ffb000"
        roles:
          warn: amber
          bad: bold white on red
          cursor: black on amber

        """
}
