import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    // facts.mjs is for every runtime as it is, threads.mjs over dist.
    ignores: [
      "build/",
      "dist/",
      "coverage/",
      "docs/api/",
      "node_modules/",
      "**/facts.mjs",
      "test/programs/threads.mjs",
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-inferrable-types": "off",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    // The addon's types are declared in one place, and believed there only.
    files: ["src/**/*.ts"],
    ignores: ["src/native.ts"],
    rules: {
      "@typescript-eslint/consistent-type-assertions": [
        "error",
        { assertionStyle: "never" },
      ],
    },
  },
  {
    files: [
      "bench/**/*.ts",
      "examples/**/*.ts",
      "exercises/**/*.ts",
      "scripts/**/*.ts",
      "test/**/*.ts",
    ],
    rules: {
      "no-console": "off",
      "no-empty": ["error", { allowEmptyCatch: true }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowNullish: true },
      ],
    },
  },
  {
    // Classic scripts: what one declares, the others use.
    files: ["src/scope/page/*.js"],
    languageOptions: { sourceType: "script" },
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { vars: "local" }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
    },
  },
  {
    files: ["*.config.js", "*.config.ts"],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
