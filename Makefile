# make run    set up and open the app on the sample data
# make test   set up and pass every test
.PHONY: run test lint format bench sample-data env env-dev
PY := .venv/bin/python
# Where this is set, every start would compile every module anew.
export PYTHONDONTWRITEBYTECODE=

run: env
	$(PY) -m streamlit run streamlit_app_hitl.py

# Files in their own order: by the number of their tests, few and long ones would come last.
test: env-dev
	@sh scripts/need_chromium.sh
ifdef TESTS
	$(PY) -m pytest $(TESTS)
else
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser
	$(PY) -m pytest -n 2 tests/browser
endif

lint: env-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: env-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# A script ends with 1 when the promise that it measures is not kept; the others still run.
bench: env-dev
	@kept=0; for script in benchmarks/*.py; do echo "== $$script"; \
	  $(PY) -m benchmarks.$$(basename $$script .py) || kept=1; done; exit $$kept

sample-data: env-dev
	$(PY) scripts/make_sample_data.py
	$(PY) scripts/make_sample_products.py

env:
	@sh scripts/bootstrap.sh requirements.txt

env-dev:
	@sh scripts/bootstrap.sh requirements-dev.txt
